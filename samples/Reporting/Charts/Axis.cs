using System.Globalization;

namespace ZsMlc.Samples.Reporting.Charts;

/// <summary>Maps values to pixels and picks round tick values.</summary>
internal sealed class Axis
{
    private readonly double _from;
    private readonly double _to;

    private Axis(double low, double high, double from, double to, IReadOnlyList<double> ticks)
    {
        (Low, High, _from, _to, Ticks) = (low, high, from, to, ticks);
    }

    public double Low { get; }

    public double High { get; }

    public IReadOnlyList<double> Ticks { get; }

    public double Map(double value) => _from + ((value - Low) / (High - Low) * (_to - _from));

    public static string Label(double tick) =>
        (Math.Abs(tick) < 1e-12 ? 0 : tick).ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>An axis that covers exactly the given range.</summary>
    public static Axis Fixed((double Low, double High) range, double from, double to, int ticks = 5)
    {
        var (low, high) = range.High > range.Low ? range : (range.Low, range.Low + 1);
        var step = Step((high - low) / ticks);
        var first = Math.Ceiling((low / step) - 1e-9);
        var last = Math.Floor((high / step) + 1e-9);
        return new Axis(low, high, from, to, [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)]);
    }

    /// <summary>An axis around the values, widened to round numbers.</summary>
    public static Axis Around(IEnumerable<double> values, double from, double to, int ticks = 5)
    {
        var finite = values.Where(double.IsFinite).DefaultIfEmpty(0).ToArray();
        var (low, high) = (finite.Min(), finite.Max());
        if (high - low < 1e-9)
        {
            (low, high) = (low - 0.5, high + 0.5);
        }

        var step = Step((high - low) / ticks);
        return Fixed((Math.Floor(low / step) * step, Math.Ceiling(high / step) * step), from, to, ticks);
    }

    private static double Step(double rough)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var digit = rough / power;
        return power * (digit <= 1.001 ? 1 : digit <= 2.001 ? 2 : digit <= 5.001 ? 5 : 10);
    }
}
