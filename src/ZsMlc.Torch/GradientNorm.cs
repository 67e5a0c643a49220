using static TorchSharp.torch;

namespace ZsMlc.Torch;

/// <summary>The common norm of gradients, and a limit on it, as both optimisers use them.</summary>
internal static class GradientNorm
{
    /// <summary>
    /// Scales all gradients by one factor so that their common norm is at most <paramref name="limit"/>: g ← g · min(1, limit / ‖g‖).
    /// Gradients whose norm is not finite are left as they are.
    /// </summary>
    /// <param name="gradients">Gradients on one device; null where a parameter has none.</param>
    /// <param name="limit">The largest norm, above 0.</param>
    /// <returns>The norm before; 0 without gradients.</returns>
    public static double Limit(IEnumerable<Tensor?> gradients, double limit)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var present = gradients.OfType<Tensor>().ToList();
        if (present.Count == 0)
        {
            return 0;
        }

        // One read from the device, whatever the number of tensors, and in single precision: a half overflows at 65,504.
        var norm = stack(present.Select(g => g.to(ScalarType.Float32).norm()), 0).norm().item<float>();
        if (norm > limit && float.IsFinite(norm))
        {
            present.ForEach(g => g.mul_(limit / norm));
        }

        return norm;
    }
}
