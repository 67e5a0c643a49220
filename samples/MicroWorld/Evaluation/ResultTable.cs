using System.Globalization;

namespace MicroWorld.Evaluation;

/// <summary>Tables in Markdown whose cells are mean ± standard deviation over runs.</summary>
internal sealed class ResultTable(TextWriter writer)
{
    public void Header(string title, IReadOnlyList<string> columns)
    {
        writer.WriteLine();
        writer.WriteLine($"| {title} | {string.Join(" | ", columns)} |");
        writer.WriteLine($"| --- |{string.Concat(columns.Select(_ => " --- |"))}");
    }

    /// <param name="name">The row's name.</param>
    /// <param name="runs">A run's values, one a column.</param>
    public void Row(string name, IReadOnlyList<IReadOnlyList<double>> runs)
    {
        var cells = Enumerable.Range(0, runs[0].Count).Select(i => Cell([.. runs.Select(r => r[i])]));
        writer.WriteLine($"| {name} | {string.Join(" | ", cells)} |");
    }

    private static string Cell(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / Math.Max(1, values.Count - 1));
        var format = mean < 10 ? "F2" : "F1";
        return mean.ToString(format, CultureInfo.InvariantCulture) + (values.Count == 1 ? "" : $" ± {deviation.ToString(format, CultureInfo.InvariantCulture)}");
    }
}
