namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>The timesteps of a run and their σ, for the schedulers that work in σ.</summary>
/// <param name="Timesteps">The timesteps, the noisiest first.</param>
/// <param name="Sigmas">σ at every timestep, and the one behind the last; in single precision.</param>
internal sealed record SigmaSchedule(double[] Timesteps, double[] Sigmas)
{
    /// <summary>Timesteps of which the last is the least noisy, fractional for some settings (Euler, Heun).</summary>
    public static SigmaSchedule Fractional(SchedulerConfig config, double[] table, int steps)
    {
        var train = config.NumTrainTimesteps;
        var spacing = config.TimestepSpacing ?? "linspace";
        double[] timesteps = spacing switch
        {
            "linspace" => [.. NoiseTable.Linspace(0, train - 1, steps).Select(t => (double)(float)t).Reverse()],
            "leading" => [.. Enumerable.Range(0, steps).Select(i => (double)(i * (train / steps)) + config.StepsOffset).Reverse()],
            "trailing" => [.. NoiseTable.Trailing(train, steps)],
            _ => throw NoiseTable.UnknownSpacing(spacing),
        };
        var sigmas = timesteps.Select(t => NoiseTable.Interpolate(table, t)).ToArray();
        if (Spread(config, sigmas[0], sigmas[^1], steps) is { } spread)
        {
            (timesteps, sigmas) = ([.. spread.Select(s => NoiseTable.TimestepOf(s, table))], spread);
        }

        return new([.. timesteps.Select(t => (double)(float)t)], Closed(sigmas, LastSigma(config, table[0])));
    }

    /// <summary>Whole timesteps that leave room for one behind the last (DPM-Solver, UniPC).</summary>
    public static SigmaSchedule Whole(SchedulerConfig config, double[] table, int steps)
    {
        var train = config.NumTrainTimesteps;
        var spacing = config.TimestepSpacing ?? "linspace";
        double[] timesteps = spacing switch
        {
            "linspace" => [.. NoiseTable.Linspace(0, train - 1, steps + 1).Select(t => Math.Round(t, MidpointRounding.ToEven)).Reverse().Take(steps)],
            "leading" => [.. Enumerable.Range(0, steps + 1).Select(i => (double)(i * (train / (steps + 1)))).Reverse().Take(steps).Select(t => t + config.StepsOffset)],
            "trailing" => [.. NoiseTable.Trailing(train, steps)],
            _ => throw NoiseTable.UnknownSpacing(spacing),
        };
        if (Spread(config, table[^1], table[0], steps) is not { } spread)
        {
            return new(timesteps, Closed([.. timesteps.Select(t => NoiseTable.Interpolate(table, t))], LastSigma(config, table[0])));
        }

        // As in the reference: rounded for Karras' levels, cut for the others.
        var rounds = config.UseKarrasSigmas && config.BetaSchedule != NoiseTable.Cosine;
        var exact = spread.Select(s => NoiseTable.TimestepOf(s, table));
        return new([.. exact.Select(t => rounds ? Math.Round(t, MidpointRounding.ToEven) : Math.Truncate(t))], Closed(spread, LastSigma(config, table[0])));
    }

    private static double[]? Spread(SchedulerConfig config, double max, double min, int steps)
    {
        (max, min) = (config.SigmaMax ?? max, config.SigmaMin ?? min);
        return (config.UseKarrasSigmas, config.UseExponentialSigmas, config.UseBetaSigmas) switch
        {
            (false, false, false) => null,
            (true, false, false) => NoiseTable.Karras(max, min, steps),
            (false, true, false) => [.. NoiseTable.Linspace(Math.Log(max), Math.Log(min), steps).Select(Math.Exp)],
            (false, false, true) => [.. NoiseTable.Linspace(0, 1, steps).Select(p => min + BetaDistribution.Quantile(1 - p) * (max - min))],
            _ => throw new NotSupportedException("More than one of use_karras_sigmas, use_exponential_sigmas and use_beta_sigmas is true; expected one at most."),
        };
    }

    private static double LastSigma(SchedulerConfig config, double least) => config.FinalSigmasType switch
    {
        "zero" => 0,
        "sigma_min" => least,
        _ => throw new NotSupportedException($"final_sigmas_type '{config.FinalSigmasType}' is not supported; expected zero or sigma_min."),
    };

    private static double[] Closed(double[] sigmas, double last) => [.. sigmas.Append(last).Select(s => (double)(float)s)];
}
