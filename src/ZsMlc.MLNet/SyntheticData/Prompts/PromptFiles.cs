using System.Text;
using ZsMlc.MLNet.SyntheticData.Prompts.Reading;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Prompt files in the published layout: one text file a label set, <c>labelA_labelB.txt</c> (<c>label_label.txt</c> for one label), one prompt a line.</summary>
public static class PromptFiles
{
    private static readonly char[] Reserved = ['/', '\\', ':', '*', '?', '"', '<', '>', '|', '%', '_'];

    /// <summary>Name of the file of a label set. Characters that a file name cannot hold, and the underscore, are written as %XX.</summary>
    /// <param name="labels">The labels; one is written twice.</param>
    public static string FileName(IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var parts = labels.Count == 1 ? [labels[0], labels[0]] : labels;
        return string.Join('_', parts.Select(Escape)) + ".txt";
    }

    /// <summary>Finds the file of a label set, whatever the order of its labels, also under other names of the labels.</summary>
    /// <param name="folder">The folder of the files.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="names">Other names of labels, as files may use them ("computer keyboard" for keyboard).</param>
    /// <returns>The path, or <see langword="null"/>.</returns>
    public static string? Find(string folder, IReadOnlyList<string> labels, LabelNames names)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(names);
        foreach (var order in Permutations([.. labels]))
        {
            IEnumerable<string[]> spellings = [[]];
            foreach (var label in order)
            {
                spellings = [.. spellings.SelectMany(s => names.Of(label).Select(name => (string[])[.. s, name]))];
            }

            foreach (var spelling in spellings)
            {
                var path = Path.Combine(folder, FileName(spelling));
                if (File.Exists(path))
                {
                    return path;
                }
            }
        }

        return null;
    }

    /// <summary>The labels that a file's name states.</summary>
    /// <param name="path">Path or name of a file.</param>
    public static IReadOnlyList<string> LabelsOf(string path)
    {
        var parts = Path.GetFileNameWithoutExtension(path).Split('_').Select(Unescape).ToList();
        return [.. parts.Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>Reads the lines of a file, cleaned of numbering, quotes and blank lines; the labels are not checked.</summary>
    /// <param name="path">Path of the file, UTF-8.</param>
    public static IReadOnlyList<string> Read(string path) => PromptCleaner.Lines(File.ReadAllText(path));

    /// <summary>Writes the prompts of one label set, whole or not at all.</summary>
    /// <param name="folder">The folder; made when missing.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="prompts">The prompts.</param>
    /// <returns>The path of the file.</returns>
    public static string Write(string folder, IReadOnlyList<string> labels, IEnumerable<string> prompts)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName(labels));
        AtomicFile.WriteText(path, string.Concat(prompts.Select(p => p.ReplaceLineEndings(" ") + "\n")));
        return path;
    }

    private static string Escape(string label)
    {
        var escaped = new StringBuilder();
        foreach (var c in label)
        {
            _ = c < ' ' || Array.IndexOf(Reserved, c) >= 0 ? escaped.Append($"%{(int)c:X2}") : escaped.Append(c);
        }

        return escaped.ToString();
    }

    private static string Unescape(string part) => part.Contains('%') ? Uri.UnescapeDataString(part) : part;

    private static IEnumerable<string[]> Permutations(string[] items) =>
        items.Length < 2 ? [items] : items.SelectMany((item, i) =>
            Permutations([.. items[..i], .. items[(i + 1)..]]).Select(rest => (string[])[item, .. rest]));
}
