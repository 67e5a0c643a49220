using System.Globalization;
using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.Samples.ZeroShotCoco;

/// <summary>A table of how good and how diverse prompts are: folders of prompt files, and the templates for the same label sets.</summary>
internal static class PromptReport
{
    /// <summary>Prints a row for each folder, and one for the templates for the first folder's label sets.</summary>
    /// <exception cref="ArgumentException">A folder has no prompts.</exception>
    public static void Print(IReadOnlyList<string> folders)
    {
        Console.WriteLine("| Source | Label sets | Prompts | Usable | Name every label | Words | distinct-2 | self-BLEU |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var folder in folders)
        {
            Print(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)), Read(folder));
        }

        Print("templates", [.. Read(folders[0]).Select(set => (set.Labels, Templates(set.Labels, set.Prompts.Count)))]);
    }

    private static void Print(string source, IReadOnlyList<(IReadOnlyList<string> Labels, IReadOnlyList<string> Prompts)> sets)
    {
        var s = PromptStatistics.Of(sets, LabelNames.Default);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {source} | {s.Sets} | {s.Lines} | {100 * s.PassRate:0.0} % | {100 * s.NamingEveryLabel:0.0} % | {s.MeanWords:0.0} | {s.Distinct2:0.000} | {s.SelfBleu:0.000} |"));
    }

    private static List<(IReadOnlyList<string> Labels, IReadOnlyList<string> Prompts)> Read(string folder)
    {
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.txt").Order(StringComparer.Ordinal).ToList() : [];
        return files.Count > 0
            ? [.. files.Select(file => (PromptFiles.LabelsOf(file), PromptFiles.Read(file)))]
            : throw new ArgumentException($"'{folder}' has no prompt files (labelA_labelB.txt) to report on.");
    }

    private static IReadOnlyList<string> Templates(IReadOnlyList<string> labels, int count) =>
        count == 0 ? [] : PromptSource.Templates().GetAsync(new PromptRequest(labels, count, LabelNames.Default)).GetAwaiter().GetResult().Prompts;
}
