using ZsMlc.Torch.Filtering;

namespace ZsMlc.MLNet.SyntheticData.Plan;

/// <summary>Which labels must not be asked for in one image: pairs that people confuse, and a label with its ancestor.</summary>
internal sealed class LabelConflicts
{
    private readonly bool[,] apart;

    /// <exception cref="ArgumentException">A confusable pair names one label twice.</exception>
    public LabelConflicts(PlanSettings settings)
    {
        var labels = settings.Labels;
        apart = new bool[labels.Count, labels.Count];
        var index = labels.Select((label, i) => (label, i)).ToDictionary(l => l.label, l => l.i, StringComparer.Ordinal);
        foreach (var (first, second) in settings.ConfusablePairs)
        {
            if (string.Equals(first, second, StringComparison.Ordinal))
            {
                throw new ArgumentException($"ConfusablePairs: '{first}' is paired with itself; expected two labels.", nameof(settings));
            }

            Set(IndexOf(first), IndexOf(second));
        }

        var hierarchy = new LabelHierarchy(settings.Parents);
        foreach (var (label, i) in index)
        {
            foreach (var ancestor in hierarchy.Ancestors(label).Where(index.ContainsKey))
            {
                Set(i, index[ancestor]);
            }
        }

        int IndexOf(string label) => index.TryGetValue(label, out var found)
            ? found
            : throw new ArgumentException($"ConfusablePairs: '{label}' is not an unseen label; expected two of: {string.Join(", ", labels.Take(20))}{(labels.Count > 20 ? ", …" : "")}.", nameof(settings));
    }

    public bool this[int first, int second] => apart[first, second];

    private void Set(int first, int second) => apart[first, second] = apart[second, first] = true;
}
