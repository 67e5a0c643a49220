namespace ZsMlc.Benchmarks.Harness;

/// <summary>One figure of a benchmark: the median of several runs with their spread.</summary>
/// <param name="Name">What was measured, with its variant.</param>
/// <param name="Unit">Unit of the figures, for example <c>images/s</c> or <c>s</c>.</param>
/// <param name="Median">Median over the runs.</param>
/// <param name="Min">Smallest run.</param>
/// <param name="Max">Largest run.</param>
/// <param name="Runs">Number of counted runs.</param>
/// <param name="Note">A remark for the table, or empty.</param>
public sealed record Measurement(string Name, string Unit, double Median, double Min, double Max, int Runs, string Note = "")
{
    /// <summary>Makes a figure from its runs.</summary>
    public static Measurement Of(string name, string unit, IEnumerable<double> values, string note = "")
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new(name, unit, median, sorted[0], sorted[^1], sorted.Length, note);
    }

    /// <summary>A figure that is known exactly or is measured once.</summary>
    public static Measurement Single(string name, string unit, double value, string note = "") => new(name, unit, value, value, value, 1, note);

    /// <summary>Runs an action once to warm up, then <paramref name="runs"/> times, and returns the seconds of each counted run.</summary>
    public static double[] Time(Action action, int runs)
    {
        action();
        return TimeWarm(action, runs);
    }

    /// <summary>Like <see cref="Time"/> for an action that is already warm.</summary>
    public static double[] TimeWarm(Action action, int runs)
    {
        var seconds = new double[runs];
        for (var i = 0; i < runs; i++)
        {
            var start = Clock.Seconds;
            action();
            seconds[i] = Clock.Seconds - start;
        }

        return seconds;
    }

    /// <summary>Seconds of actions that run in turn, so that all see the same machine; each runs once before to warm up.</summary>
    /// <returns>For each action, the seconds of its runs.</returns>
    public static double[][] TimeInTurn(int runs, params IReadOnlyList<Action> actions)
    {
        foreach (var action in actions)
        {
            action();
        }

        var rounds = Enumerable.Range(0, runs).Select(_ => actions.Select(a => TimeWarm(a, 1)[0]).ToArray()).ToArray();
        return [.. actions.Select((_, i) => rounds.Select(r => r[i]).ToArray())];
    }

    /// <summary>Times an action that handles <paramref name="items"/> items and gives items per second.</summary>
    public static Measurement Rate(string name, string unit, int items, Action action, int runs, string note = "") =>
        Of(name, unit, Time(action, runs).Select(s => items / s), note);
}
