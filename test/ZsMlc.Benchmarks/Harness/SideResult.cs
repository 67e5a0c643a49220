using System.Globalization;

namespace ZsMlc.Benchmarks.Harness;

/// <summary>What a side of a comparison answers: a line <c>name, seconds a batch s/batch, …</c> parted by tabs.</summary>
internal static class SideResult
{
    private const string Unit = " s/batch";

    /// <summary>Seconds a batch.</summary>
    /// <param name="side">Name of the side, for messages.</param>
    /// <param name="run">The process.</param>
    /// <exception cref="InvalidOperationException">It printed no such line.</exception>
    public static double Seconds(string side, ChildProcess run)
    {
        var text = run.Lines.Select(l => l.Split('\t')).FirstOrDefault(l => l.Length > 1 && l[1].EndsWith(Unit, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"'{side}' printed no line with seconds a batch: {string.Join(" | ", run.Lines)}");
        return double.Parse(text[1][..^Unit.Length], CultureInfo.InvariantCulture);
    }
}
