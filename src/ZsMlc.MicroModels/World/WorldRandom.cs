namespace ZsMlc.MicroModels.World;

/// <summary>A small deterministic generator (SplitMix64): item i of corpus s is the same on every machine and in any order of access.</summary>
internal struct WorldRandom(ulong seed, ulong index = 0)
{
    private ulong state = Mix(seed * 0x9E3779B97F4A7C15UL + 0x632BE59BD9B4E019UL) ^ Mix(index + 0xD1B54A32D192ED03UL);

    /// <summary>Uniform in [0, 1).</summary>
    public double Next() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public float Between(double low, double high) => (float)(low + (high - low) * Next());

    /// <summary>A whole number in [0, count).</summary>
    public int Below(int count) => (int)(Next() * count);

    public bool Chance(double probability) => Next() < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Index drawn in proportion to the weights.</summary>
    public int Weighted(ReadOnlySpan<double> weights)
    {
        double total = 0;
        foreach (var weight in weights)
        {
            total += weight;
        }

        var at = Next() * total;
        for (var i = 0; i < weights.Length - 1; i++)
        {
            if ((at -= weights[i]) < 0)
            {
                return i;
            }
        }

        return weights.Length - 1;
    }

    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private ulong NextBits() => Mix(state += 0x9E3779B97F4A7C15UL);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
