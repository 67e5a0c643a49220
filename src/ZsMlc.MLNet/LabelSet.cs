using System.Text.Json;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet;

/// <summary>The labels of a task, in order: the seen ones, that have photos to learn from, then the unseen ones.</summary>
/// <remarks>Immutable. Names are compared as they are; names that differ in case alone are refused, because the text encoder cannot tell them apart.</remarks>
public sealed class LabelSet : IEquatable<LabelSet>
{
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);

    private LabelSet(IReadOnlyList<string> seen, IReadOnlyList<string> unseen)
    {
        (Seen, Unseen, All) = (seen, unseen, [.. seen, .. unseen]);
        Dictionary<string, string> names = new(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < All.Count; i++)
        {
            var name = All[i];
            if (string.IsNullOrWhiteSpace(name))
            {
                throw new ArgumentException($"Label {i} is empty; every label needs a name.");
            }

            if (!names.TryAdd(name.Trim(), name))
            {
                throw new ArgumentException($"The label '{name}' occurs twice{(names[name.Trim()] == name ? "" : $" (as '{names[name.Trim()]}')")}; labels must differ, and a label is either seen or unseen.");
            }

            _indexes[name] = i;
        }

        if (All.Count == 0)
        {
            throw new ArgumentException("The label set is empty; expected one label or more.");
        }
    }

    /// <summary>Gets the labels that real photos annotate.</summary>
    public IReadOnlyList<string> Seen { get; }

    /// <summary>Gets the labels without photos, learnt from synthetic images or by their names alone.</summary>
    public IReadOnlyList<string> Unseen { get; }

    /// <summary>Gets all labels: the seen ones, then the unseen ones. Scores come in this order.</summary>
    public IReadOnlyList<string> All { get; }

    /// <summary>Gets the number of all labels.</summary>
    public int Count => All.Count;

    /// <summary>Creates a label set.</summary>
    /// <param name="seen">Labels that real photos annotate; may be empty if <paramref name="unseen"/> is not.</param>
    /// <param name="unseen">Labels without photos; by default none.</param>
    /// <exception cref="ArgumentException">A name is empty or occurs twice, or there is no label.</exception>
    public static LabelSet Create(IEnumerable<string> seen, IEnumerable<string>? unseen = null)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return new([.. seen], [.. unseen ?? []]);
    }

    /// <summary>Reads a label set from a JSON file: an object with the lists <c>seen</c> and, optionally, <c>unseen</c>, of names or of objects with a <c>name</c>.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="FormatException">The file is of another form, or its labels do not make a set.</exception>
    public static LabelSet Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var stream = File.OpenRead(path);
            using var json = JsonDocument.Parse(stream, new() { AllowDuplicateProperties = false });
            return Create(Names(json.RootElement, "seen"), json.RootElement.TryGetProperty("unseen", out _) ? Names(json.RootElement, "unseen") : null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new FormatException($"{path} is not a label set: {e.Message} Expected {{\"seen\": [names], \"unseen\": [names]}}.", e);
        }
    }

    /// <summary>Writes the label set as a JSON file that <see cref="Load"/> reads; readers see the old file or the whole new one.</summary>
    /// <param name="path">Path of the file; an existing one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(new { seen = Seen, unseen = Unseen }));

    /// <summary>Returns the index of a label in <see cref="All"/>, or −1.</summary>
    public int IndexOf(string label) => _indexes.GetValueOrDefault(label, -1);

    /// <summary>Whether the label is in the set.</summary>
    public bool Contains(string label) => _indexes.ContainsKey(label);

    /// <summary>Whether the label is in the set and unseen.</summary>
    public bool IsUnseen(string label) => IndexOf(label) >= Seen.Count;

    /// <summary>Whether both sets have the same seen and unseen labels in the same order.</summary>
    public bool Equals(LabelSet? other) => other is not null && Seen.SequenceEqual(other.Seen) && Unseen.SequenceEqual(other.Unseen);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LabelSet);

    /// <inheritdoc/>
    public override int GetHashCode() => All.Aggregate(Seen.Count, HashCode.Combine);

    /// <summary>Returns the numbers of labels.</summary>
    public override string ToString() => $"{Seen.Count} seen and {Unseen.Count} unseen labels";

    private static List<string> Names(JsonElement root, string list) =>
        [.. root.GetProperty(list).EnumerateArray().Select(e => (e.ValueKind == JsonValueKind.Object ? e.GetProperty("name") : e).GetString() ?? "")];
}
