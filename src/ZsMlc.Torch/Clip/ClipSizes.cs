using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// Compares the sizes that a description states with the tensors beside it, by names and shapes alone. What passes can be
/// built: it takes no more memory than the tensors themselves, and the loader then compares every one of them.
/// </summary>
internal static class ClipSizes
{
    /// <summary>Throws when the towers that are described are not those of the tensors.</summary>
    /// <param name="tensors">The tensors, under OpenAI's names behind a prefix.</param>
    /// <param name="network">What is described, for the message.</param>
    /// <param name="embedDim">Width of the embedding.</param>
    /// <param name="vision">Sizes of the image tower, and the prefix of its tensors.</param>
    /// <param name="text">Sizes of the text tower, and the prefix of its tensors; or null without one.</param>
    /// <exception cref="CheckpointMismatchException">The message lists what differs.</exception>
    public static void Check(ICheckpoint tensors, string network, int embedDim, (ClipVisionConfig Config, string Prefix) vision, (ClipTextConfig Config, string Prefix)? text)
    {
        List<string> differences = [];
        void Shape(string name, params ReadOnlySpan<long> expected)
        {
            // What is missing the loader lists, with all else that is.
            if (tensors.Names.Contains(name) && tensors.Info(name).Shape is var found && !found.AsSpan().SequenceEqual(expected))
            {
                differences.Add($"{name}: found [{string.Join(", ", found)}], expected [{string.Join(", ", expected.ToArray())}]");
            }
        }

        void Blocks(string prefix, int expected)
        {
            var found = Count(tensors, prefix);
            if (found != expected)
            {
                differences.Add($"{prefix}*: found {found} blocks, expected {expected}");
            }
        }

        var (config, v) = vision;
        long grid = config.GridSize, width = config.Width;
        if (config.ResNetLayers is { } stages)
        {
            for (var stage = 0; stage < stages.Count; stage++)
            {
                Blocks($"{v}layer{stage + 1}.", stages[stage]);
            }

            Shape($"{v}conv1.weight", width / 2, 3, 3, 3);
            Shape($"{v}attnpool.positional_embedding", grid * grid + 1, 32 * width);
            Shape($"{v}attnpool.c_proj.weight", embedDim, 32 * width);
        }
        else
        {
            Blocks($"{v}transformer.resblocks.", config.Layers);
            Shape($"{v}conv1.weight", width, 3, config.PatchSize, config.PatchSize);
            Shape($"{v}positional_embedding", grid * grid + 1, width);
            Shape($"{v}proj", width, embedDim);
            Shape($"{v}transformer.resblocks.0.mlp.c_fc.weight", config.HiddenWidth, width);
        }

        var least = config.LeastWeights(embedDim);
        if (text is var (sizes, t))
        {
            Blocks($"{t}transformer.resblocks.", sizes.Layers);
            Shape($"{t}token_embedding.weight", sizes.VocabSize, sizes.Width);
            Shape($"{t}positional_embedding", sizes.ContextLength, sizes.Width);
            Shape($"{t}text_projection", sizes.Width, embedDim);
            Shape($"{t}transformer.resblocks.0.mlp.c_fc.weight", sizes.HiddenWidth, sizes.Width);
            least += sizes.LeastWeights(embedDim);
        }

        var stored = tensors.Names.Sum(n => (double)tensors.Info(n).Count);
        if (least > stored)
        {
            differences.Add($"all together: found {stored:0} weights, expected {least:0} or more");
        }

        if (differences.Count > 0)
        {
            throw new CheckpointMismatchException(tensors.Source, network, [], [], differences);
        }
    }

    /// <summary>The number of blocks whose tensors stand behind a prefix, each under its number.</summary>
    public static int Count(ICheckpoint tensors, string prefix) => tensors.Names
        .Where(n => n.StartsWith(prefix, StringComparison.Ordinal))
        .Select(n => n[prefix.Length..].Split('.')[0])
        .Distinct()
        .Count();
}
