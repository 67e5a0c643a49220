namespace ZsMlc.Torch.Filtering;

/// <summary>Which labels imply others: a cat is an animal. Parents are added to an image's labels and never count towards a quota.</summary>
public sealed class LabelHierarchy
{
    private readonly Dictionary<string, string[]> ancestors;

    /// <summary>Builds the hierarchy from the direct parents of each label.</summary>
    /// <param name="parents">Label → its direct parents. A parent may have parents of its own.</param>
    /// <exception cref="ArgumentException">A label is its own ancestor.</exception>
    public LabelHierarchy(IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> parents)
    {
        ArgumentNullException.ThrowIfNull(parents);
        Parents = parents.ToDictionary(p => p.Key, p => (IReadOnlyList<string>)[.. p.Value], StringComparer.Ordinal);
        ancestors = Parents.Keys.ToDictionary(label => label, FindAncestors, StringComparer.Ordinal);
    }

    /// <summary>A hierarchy without any relation.</summary>
    public static LabelHierarchy None { get; } = new([]);

    /// <summary>The direct parents of each label that has any.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Parents { get; }

    /// <summary>All ancestors of <paramref name="label"/>, nearest first, each once; empty for an unknown label.</summary>
    /// <param name="label">A label name; case matters.</param>
    public IReadOnlyList<string> Ancestors(string label) => ancestors.TryGetValue(label, out var found) ? found : [];

    /// <summary>Whether one of the two labels implies the other.</summary>
    /// <param name="a">A label name.</param>
    /// <param name="b">Another label name.</param>
    public bool Related(string a, string b) => Ancestors(a).Contains(b, StringComparer.Ordinal) || Ancestors(b).Contains(a, StringComparer.Ordinal);

    /// <summary>The labels followed by all their ancestors, each once.</summary>
    /// <param name="labels">Label names.</param>
    public IReadOnlyList<string> WithAncestors(IEnumerable<string> labels)
    {
        var all = labels.ToList();
        foreach (var ancestor in all.SelectMany(Ancestors).ToList())
        {
            if (!all.Contains(ancestor, StringComparer.Ordinal))
            {
                all.Add(ancestor);
            }
        }

        return all;
    }

    private string[] FindAncestors(string label)
    {
        var found = new List<string>();
        var queue = new Queue<string>(Parents[label]);
        while (queue.TryDequeue(out var next))
        {
            if (string.Equals(next, label, StringComparison.Ordinal))
            {
                throw new ArgumentException($"the label hierarchy has a cycle: '{label}' is its own ancestor.", "parents");
            }

            if (found.Contains(next, StringComparer.Ordinal))
            {
                continue;
            }

            found.Add(next);
            foreach (var parent in Parents.TryGetValue(next, out var more) ? more : [])
            {
                queue.Enqueue(parent);
            }
        }

        return [.. found];
    }
}
