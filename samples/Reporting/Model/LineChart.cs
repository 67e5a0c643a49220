namespace ZsMlc.Samples.Reporting;

/// <summary>A line chart. Ranges left out follow the data.</summary>
public sealed record LineChart(string Title, string XLabel, string YLabel, IReadOnlyList<LineSeries> Series)
{
    public (double Low, double High)? XRange { get; init; }

    public (double Low, double High)? YRange { get; init; }

    /// <summary>A sentence under the chart.</summary>
    public string Note { get; init; } = "";
}

/// <summary>A line of a chart. <paramref name="Method"/> is its place among the report's methods, which gives its colour.</summary>
public sealed record LineSeries(string Name, int Method, IReadOnlyList<ChartPoint> Points);

/// <summary>A point of a line.</summary>
public readonly record struct ChartPoint(double X, double Y);
