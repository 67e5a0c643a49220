using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.Torch.Clip;

/// <summary>Tells the sizes of a CLIP model from the shapes of its tensors, with OpenAI's convention of 64 channels a head.</summary>
internal static class ClipShapes
{
    /// <summary>Whether these are OpenAI's own weights, which carry three sizes as scalars; nothing else tells that their activation is x·σ(1.702x).</summary>
    public static bool AreOpenAIs(ICheckpoint tensors) =>
        new[] { "input_resolution", "context_length", "vocab_size" }.All(tensors.Names.Contains);

    public static ClipConfig Infer(ICheckpoint tensors, bool quickGelu)
    {
        try
        {
            var textWidth = Size(tensors, "ln_final.weight", 0);
            var text = new ClipTextConfig(
                Size(tensors, "positional_embedding", 0),
                Size(tensors, "token_embedding.weight", 0),
                textWidth,
                Math.Max(textWidth / 64, 1),
                ClipSizes.Count(tensors, "transformer.resblocks.")) { MlpWidth = Size(tensors, "transformer.resblocks.0.mlp.c_fc.weight", 0) };
            var config = new ClipConfig(Size(tensors, "text_projection", 1), Vision(tensors), text, quickGelu);
            config.Check();
            return config;
        }
        catch (Exception e) when (e is KeyNotFoundException or ArgumentException)
        {
            throw new CheckpointFormatException(tensors.Source, $"these are not the tensors of a CLIP model: {e.Message}", e);
        }
    }

    private static ClipVisionConfig Vision(ICheckpoint tensors)
    {
        if (tensors.Names.Contains("visual.proj"))
        {
            var patch = Size(tensors, "visual.conv1.weight", 3);
            var side = (int)Math.Sqrt(Size(tensors, "visual.positional_embedding", 0) - 1);
            return ClipVisionConfig.ViT(side * patch, Size(tensors, "visual.conv1.weight", 0), patch, ClipSizes.Count(tensors, "visual.transformer.resblocks."))
                with { MlpWidth = Size(tensors, "visual.transformer.resblocks.0.mlp.c_fc.weight", 0) };
        }

        var grid = (int)Math.Sqrt(Size(tensors, "visual.attnpool.positional_embedding", 0) - 1);
        return ClipVisionConfig.ResNet(
            grid * 32,
            Size(tensors, "visual.layer1.0.conv1.weight", 0),
            Enumerable.Range(1, 4).Select(stage => ClipSizes.Count(tensors, $"visual.layer{stage}.")).ToArray());
    }

    private static int Size(ICheckpoint tensors, string name, int dimension)
    {
        var shape = tensors.Info(name).Shape;
        return dimension < shape.Length
            ? (int)shape[dimension]
            : throw new CheckpointFormatException(tensors.Source, $"these are not the tensors of a CLIP model: '{name}' has the shape [{string.Join(", ", shape)}]; expected {dimension + 1} or more dimensions.");
    }
}
