namespace ZsMlc.Torch.Classification.Calibration;

/// <summary>
/// Fits p = σ(a·z + b) to what was right (Platt, "Probabilistic outputs for support vector machines", 1999), by Newton's
/// method: the likelihood has one maximum.
/// </summary>
internal static class PlattScaling
{
    private const int Steps = 50;
    private const double Tolerance = 1e-10, LeastScale = 1e-2;

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    public static double Logit(double p) => Math.Log(p / (1 - p));

    /// <summary>The scale and offset of the greatest likelihood. Targets are drawn in from 0 and 1 as Platt does, so that neither runs away; a scale that would turn ranks round becomes a small one.</summary>
    public static (double Scale, double Offset) Fit(IReadOnlyList<(double Z, bool Present)> rows)
    {
        var positives = rows.Count(r => r.Present);
        var (present, absent) = ((positives + 1.0) / (positives + 2), 1.0 / (rows.Count - positives + 2));
        var (a, b) = (1.0, 0.0);
        for (var step = 0; step < Steps; step++)
        {
            double ga = 0, gb = 0, haa = Tolerance, hab = 0, hbb = Tolerance;
            foreach (var (z, isPresent) in rows)
            {
                var p = Sigmoid(a * z + b);
                var (error, weight) = (p - (isPresent ? present : absent), p * (1 - p));
                (ga, gb) = (ga + error * z, gb + error);
                (haa, hab, hbb) = (haa + weight * z * z, hab + weight * z, hbb + weight);
            }

            var determinant = haa * hbb - hab * hab;
            var (da, db) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant);

            // Far from the maximum a whole step may go too far.
            var shorter = 1 / Math.Max(1, Math.Max(Math.Abs(da), Math.Abs(db) / 2));
            (a, b) = (a - shorter * da, b - shorter * db);
            if (Math.Abs(da) + Math.Abs(db) < Tolerance)
            {
                break;
            }
        }

        return a >= LeastScale ? (a, b) : (LeastScale, Offset(rows.Select(r => (LeastScale * r.Z, r.Present)), deviation: null));
    }

    /// <summary>The addend b of σ(x + b) of the greatest likelihood, or, for few rows, drawn to 0 as if such addends were spread around 0.</summary>
    /// <param name="rows">Logits x, and whether the label was present.</param>
    /// <param name="deviation">Standard deviation of addends (a Gaussian prior); null for none.</param>
    public static double Offset(IEnumerable<(double X, bool Present)> rows, double? deviation)
    {
        var known = rows.ToList();
        var precision = deviation is { } d ? 1 / (d * d) : Tolerance;
        var b = 0.0;
        for (var step = 0; step < Steps; step++)
        {
            var (gradient, curvature) = (precision * b, precision);
            foreach (var (x, present) in known)
            {
                var p = Sigmoid(x + b);
                (gradient, curvature) = (gradient + p - (present ? 1 : 0), curvature + p * (1 - p));
            }

            var change = Math.Clamp(gradient / curvature, -1, 1);
            b -= change;
            if (Math.Abs(change) < Tolerance)
            {
                break;
            }
        }

        return b;
    }
}
