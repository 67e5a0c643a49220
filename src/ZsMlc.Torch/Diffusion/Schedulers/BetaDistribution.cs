namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>The symmetric beta distribution with α = β = 0.6, whose quantiles spread σ densely at both ends (Lee et al. 2024, "Beta Sampling is All You Need").</summary>
internal static class BetaDistribution
{
    private const double Alpha = 0.6;

    /// <summary>The value that is not exceeded with a probability.</summary>
    /// <param name="probability">From 0 to 1.</param>
    public static double Quantile(double probability)
    {
        if (probability > 0.5)
        {
            return 1 - Quantile(1 - probability);
        }

        // At the middle, the integral is half of the whole by symmetry.
        var target = 2 * probability * Integral(0.5);
        var (low, high) = (0.0, 0.5);
        for (var i = 0; i < 100; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = Integral(middle) < target ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    /// <summary>∫₀ˣ t^(α-1)·(1-t)^(α-1) dt for x up to 1/2, by the binomial series of the second factor.</summary>
    private static double Integral(double x)
    {
        var (sum, term) = (0.0, Math.Pow(x, Alpha));
        for (var n = 0; n < 80; n++)
        {
            sum += term / (Alpha + n);
            term *= x * (n + 1 - Alpha) / (n + 1);
        }

        return sum;
    }
}
