namespace ZsMlc.MLNet.SyntheticData;

/// <summary>The part of the work that one process of several does.</summary>
/// <param name="Index">Which part, 0 to <paramref name="Count"/> - 1.</param>
/// <param name="Count">How many parts there are, 1 or more.</param>
public readonly record struct Shard(int Index, int Count)
{
    /// <summary>Gets the whole work as one part.</summary>
    public static Shard Whole => new(0, 1);

    /// <summary>Whether a part of the work, counted from 0, is this shard's.</summary>
    internal bool Takes(int chunk) => chunk % Count == Index;

    /// <summary>Throws when the index is not below the count.</summary>
    internal void Validate()
    {
        if (Count < 1 || Index < 0 || Index >= Count)
        {
            throw new ArgumentOutOfRangeException(nameof(Shard), this, $"A shard is an index from 0 to below its count; found {Index} of {Count}.");
        }
    }
}
