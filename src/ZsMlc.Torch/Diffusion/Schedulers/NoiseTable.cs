using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>The noise levels of the training, and their inference-time selections.</summary>
internal static class NoiseTable
{
    /// <summary>ᾱ of every training timestep, computed in single precision as in training.</summary>
    public static double[] AlphasCumprod(SchedulerConfig config)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var betas = config.BetaSchedule switch
        {
            "scaled_linear" => linspace(Math.Sqrt(config.BetaStart), Math.Sqrt(config.BetaEnd), config.NumTrainTimesteps, dtype: ScalarType.Float32).pow(2),
            "linear" => linspace(config.BetaStart, config.BetaEnd, config.NumTrainTimesteps, dtype: ScalarType.Float32),
            _ => throw new NotSupportedException($"The beta schedule '{config.BetaSchedule}' is not supported; expected scaled_linear or linear."),
        };
        if (config.RescaleBetasZeroSnr)
        {
            betas = RescaleToZeroSnr(betas);
        }

        return (1 - betas).cumprod(0).data<float>().Select(a => (double)a).ToArray();
    }

    /// <summary>Lin et al. 2023, algorithm 1: shift and scale √ᾱ so that the last is 0 and the first unchanged.</summary>
    private static Tensor RescaleToZeroSnr(Tensor betas)
    {
        var root = (1 - betas).cumprod(0).sqrt();
        var (first, last) = (root[0].clone(), root[^1].clone());
        root = (root - last) * (first / (first - last));
        var cumprod = root.pow(2);
        var alphas = cat([cumprod[..1], cumprod[1..] / cumprod[..^1]]);
        return 1 - alphas;
    }

    /// <summary>σ = √((1-ᾱ)/ᾱ) in single precision.</summary>
    public static double[] Sigmas(IReadOnlyList<double> alphasCumprod) =>
        alphasCumprod.Select(a => (double)(float)Math.Sqrt((1f - (float)a) / (float)a)).ToArray();

    /// <summary>Linear interpolation of a table at fractional indices, clamped at its ends.</summary>
    public static double Interpolate(IReadOnlyList<double> table, double index)
    {
        if (index <= 0)
        {
            return table[0];
        }

        if (index >= table.Count - 1)
        {
            return table[^1];
        }

        var low = (int)index;
        return table[low] + (table[low + 1] - table[low]) * (index - low);
    }

    /// <summary>Evenly spread values from <paramref name="start"/> to <paramref name="stop"/>, both included.</summary>
    public static IEnumerable<double> Linspace(double start, double stop, int count) =>
        Enumerable.Range(0, count).Select(i => count == 1 ? start : i == count - 1 ? stop : start + i * ((stop - start) / (count - 1)));

    /// <summary>Trailing timesteps: T, T - T/n, ..., rounded half to even, minus 1.</summary>
    public static IEnumerable<double> Trailing(int train, int steps)
    {
        var ratio = (double)train / steps;
        var count = (int)Math.Ceiling(train / ratio - 1e-9);
        return Enumerable.Range(0, count).Select(i => Math.Round(train - i * ratio, MidpointRounding.ToEven) - 1);
    }

    /// <summary>Karras et al. 2022, equation 5, with ρ = 7.</summary>
    public static double[] Karras(double sigmaMax, double sigmaMin, int steps)
    {
        const double rho = 7;
        var (max, min) = (Math.Pow(sigmaMax, 1 / rho), Math.Pow(sigmaMin, 1 / rho));
        return Linspace(0, 1, steps).Select(ramp => Math.Pow(max + ramp * (min - max), rho)).ToArray();
    }

    /// <summary>The fractional training timestep whose log σ is that of <paramref name="sigma"/>.</summary>
    public static double TimestepOf(double sigma, IReadOnlyList<double> sigmas)
    {
        var log = Math.Log(Math.Max(sigma, 1e-10));
        var low = 0;
        while (low < sigmas.Count - 2 && Math.Log(sigmas[low + 1]) <= log)
        {
            low++;
        }

        var (lowLog, highLog) = (Math.Log(sigmas[low]), Math.Log(sigmas[low + 1]));
        var weight = Math.Clamp((lowLog - log) / (lowLog - highLog), 0, 1);
        return (1 - weight) * low + weight * (low + 1);
    }

    public static NotSupportedException UnknownSpacing(string? spacing) =>
        new($"The timestep spacing '{spacing}' is not supported; expected leading, trailing or linspace.");
}
