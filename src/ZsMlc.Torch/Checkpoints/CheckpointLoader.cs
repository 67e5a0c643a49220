using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>Copies the tensors of a checkpoint into a network.</summary>
public static class CheckpointLoader
{
    /// <summary>
    /// Fills every parameter and persistent buffer of <paramref name="module"/>, converting to its element type and device.
    /// </summary>
    /// <param name="module">The network.</param>
    /// <param name="checkpoint">Where the tensors come from.</param>
    /// <param name="rename">Maps a name in the checkpoint to a name in the network, or to <see langword="null"/> for a tensor to ignore. Without it the names are the same.</param>
    /// <param name="transform">Reshapes or splits a tensor on the way, for layouts that differ; gets the checkpoint's name. May return its argument.</param>
    /// <exception cref="CheckpointMismatchException">Tensors are missing, surplus or of another shape; the network is then unchanged.</exception>
    public static void LoadInto(
        nn.Module module,
        ICheckpoint checkpoint,
        Func<string, string?>? rename = null,
        Func<string, Tensor, Tensor>? transform = null)
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
                continue;
            }

            sources[target] = name;
            var shape = checkpoint.Info(name).Shape;
            if (transform is null && !shape.SequenceEqual(tensor.shape))
            {
                misshapen.Add($"{name}: found [{string.Join(", ", shape)}], expected [{string.Join(", ", tensor.shape)}]");
            }
        }

        // Batch-norm step counters are absent from converted checkpoints and play no part in evaluation.
        var missing = state.Keys.Where(k => !sources.ContainsKey(k) && !k.EndsWith("num_batches_tracked", StringComparison.Ordinal)).ToList();
        if (missing.Count + surplus.Count + misshapen.Count > 0)
        {
            throw new CheckpointMismatchException(checkpoint.Source, module.GetName(), missing, surplus, misshapen);
        }

        using var noGrad = no_grad();
        foreach (var (target, name) in sources)
        {
            using var scope = NewDisposeScope();
            var tensor = checkpoint.Read(name);
            if (transform is not null)
            {
                tensor = transform(name, tensor);
                if (!tensor.shape.SequenceEqual(state[target].shape))
                {
                    throw new CheckpointMismatchException(checkpoint.Source, module.GetName(), [], [], [$"{name}: found [{string.Join(", ", tensor.shape)}], expected [{string.Join(", ", state[target].shape)}]"]);
                }
            }

            state[target].copy_(tensor);
        }
    }
}
