using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Gives scores their labels; the labels are kept once for all images.</summary>
internal sealed class ScoreNames(IReadOnlyList<string> names)
{
    private readonly Dictionary<string, int> index = names.Select((name, i) => (name, i)).ToDictionary(n => n.name, n => n.i, StringComparer.Ordinal);

    public IReadOnlyDictionary<string, float> With(IReadOnlyList<float> scores) => new Named(names, index, scores);

    private sealed class Named(IReadOnlyList<string> names, Dictionary<string, int> index, IReadOnlyList<float> scores) : IReadOnlyDictionary<string, float>
    {
        public int Count => scores.Count;

        public IEnumerable<string> Keys => names.Take(Count);

        public IEnumerable<float> Values => scores;

        public float this[string key] => TryGetValue(key, out var score) ? score : throw new KeyNotFoundException($"There is no score of '{key}'.");

        public bool ContainsKey(string key) => TryGetValue(key, out _);

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out float value)
        {
            var found = index.TryGetValue(key, out var i) && i < Count;
            value = found ? scores[i] : default;
            return found;
        }

        public IEnumerator<KeyValuePair<string, float>> GetEnumerator() => Keys.Zip(scores, KeyValuePair.Create).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
