using ZsMlc.Samples.Reporting.Html;

namespace ZsMlc.Samples.Reporting.Charts;

/// <summary>Draws a line chart as SVG. It is laid out for 400 or 250 units of width, so that its text is readable where it stands.</summary>
/// <remarks>Not ScottPlot's: it needs SkiaSharp 3 where ML.NET's images need 2.88, and the report colours parts by its style sheet.</remarks>
internal static class LineChartSvg
{
    private const double Left = 46;
    private const double Top = 12;

    public static void Write(HtmlBuilder html, LineChart chart, bool small)
    {
        var width = small ? 250.0 : 400.0;
        var (right, bottom) = (width - 12, small ? 140.0 : 214.0);
        var points = chart.Series.SelectMany(s => s.Points).ToArray();
        var x = chart.XRange is { } xr ? Axis.Fixed(xr, Left, right, small ? 2 : 5) : Axis.Fixed(Range(points.Select(p => p.X)), Left, right);
        var y = chart.YRange is { } yr ? Axis.Fixed(yr, bottom, Top, small ? 2 : 5) : Axis.Around(points.Select(p => p.Y), bottom, Top);

        html.Add($"<svg class=\"chart\" viewBox=\"0 0 {width} {bottom + 40}\" role=\"img\" aria-label=\"{Describe(chart)}\">");
        foreach (var tick in y.Ticks)
        {
            html.Add($"<line class=\"grid\" x1=\"{Left}\" x2=\"{right}\" y1=\"{y.Map(tick)}\" y2=\"{y.Map(tick)}\"/>");
            html.Add($"<text class=\"tick\" x=\"{Left - 7}\" y=\"{y.Map(tick) + 4}\" text-anchor=\"end\">{Axis.Label(tick)}</text>");
        }

        foreach (var tick in x.Ticks)
        {
            html.Add($"<text class=\"tick\" x=\"{x.Map(tick)}\" y=\"{bottom + 17}\" text-anchor=\"middle\">{Axis.Label(tick)}</text>");
        }

        html.Add($"<line class=\"axis\" x1=\"{Left}\" x2=\"{right}\" y1=\"{bottom}\" y2=\"{bottom}\"/>");
        html.Add($"<text class=\"name\" x=\"{(Left + right) / 2}\" y=\"{bottom + 35}\" text-anchor=\"middle\">{chart.XLabel}</text>");
        html.Add($"<text class=\"name\" transform=\"translate(12 {(Top + bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">{chart.YLabel}</text>");

        // The main method is drawn last, on top of the others.
        foreach (var series in chart.Series.OrderByDescending(s => s.Method))
        {
            WriteLine(html, series, x, y);
        }

        html.Raw("</svg>");
    }

    private static void WriteLine(HtmlBuilder html, LineSeries series, Axis x, Axis y)
    {
        var drawn = series.Points.Where(p => double.IsFinite(p.Y)).ToArray();
        html.Add($"<polyline class=\"line m{series.Method % 4}\" points=\"");
        foreach (var point in drawn)
        {
            html.Add($"{x.Map(point.X)},{Math.Clamp(y.Map(point.Y), Top - 6, 260)} ");
        }

        html.Raw("\"/>");
        if (drawn.Length is > 0 and <= 40)
        {
            foreach (var point in drawn)
            {
                html.Add($"<circle class=\"dot m{series.Method % 4}\" cx=\"{x.Map(point.X)}\" cy=\"{y.Map(point.Y)}\" r=\"2.6\">");
                html.Add($"<title>{series.Name}: {point.Y:0.###} at {point.X:0.###}</title></circle>");
            }
        }
    }

    private static string Describe(LineChart chart)
    {
        var ends = chart.Series.Where(s => s.Points.Count > 0)
            .Select(s => FormattableString.Invariant($"{s.Name} goes from {s.Points[0].Y:0.##} to {s.Points[^1].Y:0.##}"));
        return $"{chart.Title}: {chart.YLabel} by {chart.XLabel}. {string.Join("; ", ends)}.";
    }

    private static (double Low, double High) Range(IEnumerable<double> values)
    {
        var all = values.DefaultIfEmpty(0).ToArray();
        return (all.Min(), all.Max());
    }
}
