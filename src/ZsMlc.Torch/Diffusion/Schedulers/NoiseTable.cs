using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>The noise levels of the training, and their inference-time selections.</summary>
internal static class NoiseTable
{
    public const string Cosine = "squaredcos_cap_v2";

    /// <summary>ᾱ of every training timestep, computed in single precision as in training.</summary>
    public static double[] AlphasCumprod(SchedulerConfig config)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var betas = Betas(config);
        if (config.RescaleBetasZeroSnr)
        {
            betas = RescaleToZeroSnr(betas);
        }

        double[] alphas = [.. (1 - betas).cumprod(0).data<float>().Select(a => (double)a)];

        // The last may be pure noise, whose σ has a stand-in.
        return alphas[^1] >= 0 && alphas.SkipLast(1).All(a => a > 0)
            ? alphas
            : throw new NotSupportedException($"{LevelSettings(config)} leave nothing of the image long before the last training timestep; expected smaller numbers.");
    }

    private static string LevelSettings(SchedulerConfig config) => config switch
    {
        { TrainedBetas: not null } => "The numbers of trained_betas",
        { BetaSchedule: Cosine } => $"num_train_timesteps = {config.NumTrainTimesteps} levels",
        _ => $"The settings beta_start = {config.BetaStart} and beta_end = {config.BetaEnd}",
    };

    private static Tensor Betas(SchedulerConfig config)
    {
        var count = config.NumTrainTimesteps;
        if ((config.TrainedBetas ?? (config.BetaSchedule == Cosine ? [] : [config.BetaStart, config.BetaEnd])).Any(b => (float)b is not (> 0 and < 1)))
        {
            throw new NotSupportedException($"{LevelSettings(config)} are not supported; expected numbers between 0 and 1, without these.");
        }

        Tensor Spread(double first, double last) => linspace(first, last, count, dtype: ScalarType.Float32, device: CPU);
        return config switch
        {
            { TrainedBetas: { } trained } when trained.Count == count => tensor(trained.ToArray(), dtype: ScalarType.Float32, device: CPU),
            { TrainedBetas: { } trained } => throw new NotSupportedException($"The setting trained_betas has {trained.Count} values; expected {count}, as num_train_timesteps says."),
            { BetaSchedule: "scaled_linear" } => Spread(Math.Sqrt(config.BetaStart), Math.Sqrt(config.BetaEnd)).pow(2),
            { BetaSchedule: "linear" } => Spread(config.BetaStart, config.BetaEnd),
            { BetaSchedule: Cosine } => tensor(Enumerable.Range(0, count).Select(i => Math.Min(1 - CosineLevel(i + 1, count) / CosineLevel(i, count), 0.999)).ToArray(), dtype: ScalarType.Float32, device: CPU),
            _ => throw new NotSupportedException($"The setting beta_schedule = '{config.BetaSchedule}' is not supported; expected scaled_linear, linear or {Cosine}."),
        };
    }

    /// <summary>Nichol and Dhariwal 2021, equation 17.</summary>
    private static double CosineLevel(int step, int count) => Math.Pow(Math.Cos((step / (double)count + 0.008) / 1.008 * Math.PI / 2), 2);

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

    /// <summary>σ = √((1-ᾱ)/ᾱ) in single precision; a finite number stands for the infinite σ of pure noise, as in the reference.</summary>
    public static double[] Sigmas(SchedulerConfig config, IReadOnlyList<double> alphasCumprod)
    {
        double[] alphas = config.RescaleBetasZeroSnr ? [.. alphasCumprod.SkipLast(1), Math.Pow(2, -24)] : [.. alphasCumprod];
        return [.. alphas.Select(a => (double)(float)Math.Sqrt((1f - (float)a) / (float)a))];
    }

    /// <summary>α, σ and λ = log(α/σ) of the variance-preserving form of a σ.</summary>
    public static (double Alpha, double Sigma, double Lambda) Level(double sigma)
    {
        var alpha = 1 / Math.Sqrt(sigma * sigma + 1);
        return (alpha, sigma * alpha, -Math.Log(sigma));
    }

    /// <summary>Whole timesteps of a run, the noisiest first, for the schedulers that work in ᾱ.</summary>
    public static double[] WholeTimesteps(SchedulerConfig config, int steps)
    {
        var train = config.NumTrainTimesteps;
        var spacing = config.TimestepSpacing ?? "leading";
        return spacing switch
        {
            "linspace" => [.. Linspace(0, train - 1, steps).Select(t => Math.Round(t, MidpointRounding.ToEven)).Reverse()],
            "leading" => [.. Enumerable.Range(0, steps).Select(i => (double)(i * (train / steps)) + config.StepsOffset).Reverse()],
            "trailing" => [.. Trailing(train, steps)],
            _ => throw UnknownSpacing(spacing),
        };
    }

    /// <summary>Some of the timesteps that a few-step network was distilled on, the noisiest first.</summary>
    public static double[] Distilled(SchedulerConfig config, int steps)
    {
        var original = config.OriginalInferenceSteps;
        if (steps > original)
        {
            throw new ArgumentOutOfRangeException(nameof(steps), steps, $"A network of {config.ClassName} takes at most {original} steps (original_inference_steps).");
        }

        var stride = config.NumTrainTimesteps / original;
        return [.. Enumerable.Range(0, steps).Select(i => (int)Math.Floor((double)i * original / steps)).Select(i => (double)((original - i) * stride - 1))];
    }

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
        new($"The setting timestep_spacing = '{spacing}' is not supported; expected leading, trailing or linspace.");
}
