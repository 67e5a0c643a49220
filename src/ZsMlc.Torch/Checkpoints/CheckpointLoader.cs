using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>Copies the tensors of a checkpoint into a network.</summary>
public static class CheckpointLoader
{
    /// <summary>
    /// Fills every parameter and persistent buffer of <paramref name="module"/>, converting to its element type and device:
    /// floating-point types into one another, integers into one another, but never one kind into the other.
    /// </summary>
    /// <param name="module">The network.</param>
    /// <param name="checkpoint">Where the tensors come from.</param>
    /// <param name="rename">Maps a name in the checkpoint to a name in the network, or to <see langword="null"/> for a tensor to ignore. Without it the names are the same.</param>
    /// <exception cref="CheckpointMismatchException">Tensors are missing, surplus, or of another shape or kind; the network is then unchanged.</exception>
    /// <exception cref="CheckpointFormatException">A tensor is damaged or holds a value that is not a number, or infinite.</exception>
    public static void LoadInto(nn.Module module, ICheckpoint checkpoint, Func<string, string?>? rename = null)
    {
        var (state, sources) = Match(module, checkpoint, rename);
        using var noGrad = no_grad();
        foreach (var (target, name) in sources)
        {
            using var scope = NewDisposeScope();
            state[target].copy_(Finite(checkpoint, name));
        }
    }

    /// <summary>The network's tensors, and for each the name in the checkpoint; a network on the meta device will do.</summary>
    internal static (Dictionary<string, Tensor> State, Dictionary<string, string> Sources) Match(nn.Module module, ICheckpoint checkpoint, Func<string, string?>? rename)
    {
        var state = module.state_dict();
        Dictionary<string, string> sources = [];
        List<string> surplus = [], misshapen = [];
        foreach (var name in checkpoint.Names)
        {
            var target = rename is null ? name : rename(name);
            if (target is null)
            {
                continue;
            }

            if (!state.TryGetValue(target, out var tensor))
            {
                surplus.Add(name);
            }
            else if (!sources.TryAdd(target, name))
            {
                surplus.Add($"{name} (the same tensor as {sources[target]})");
            }
            else if (Difference(checkpoint.Info(name), tensor) is { } difference)
            {
                misshapen.Add($"{name}: {difference}");
            }
        }

        // Batch-norm step counters are absent from converted checkpoints and play no part in evaluation.
        var missing = state.Keys.Where(k => !sources.ContainsKey(k) && !k.EndsWith("num_batches_tracked", StringComparison.Ordinal)).ToList();
        if (missing.Count + surplus.Count + misshapen.Count > 0)
        {
            throw new CheckpointMismatchException(checkpoint.Source, module.GetName(), missing, surplus, misshapen);
        }

        return (state, sources);
    }

    /// <summary>Reads a tensor whose values are all finite: one that is not makes every score so, without a word of where it came from.</summary>
    private static Tensor Finite(ICheckpoint checkpoint, string name)
    {
        var tensor = checkpoint.Read(name);

        // The sum takes a twentieth of the time, and is finite where the values are, but for overflow.
        if (tensor.is_floating_point() && !float.IsFinite(tensor.sum(ScalarType.Float32).item<float>()) && !tensor.isfinite().all().item<bool>())
        {
            throw new CheckpointFormatException(
                checkpoint.Source, $"tensor '{name}' has {tensor.isfinite().logical_not().sum().item<long>()} of {tensor.numel()} values that are not finite; expected numbers.");
        }

        return tensor;
    }

    private static string? Difference(TensorInfo found, Tensor expected)
    {
        if (!found.Shape.SequenceEqual(expected.shape))
        {
            return $"found [{string.Join(", ", found.Shape)}], expected [{string.Join(", ", expected.shape)}]";
        }

        // An integer tensor in a weight's place is a quantised one, whose plain values mean nothing here.
        return is_floating_point(found.DType) == is_floating_point(expected.dtype) ? null : $"found {found.DType}, expected {expected.dtype}";
    }
}
