using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks.Harness;

/// <summary>
/// Multiplications and additions, counted apart, of the convolutions, linear layers and projections of a network for one image,
/// fusion branches included: twice the weights by the positions that each is applied to. The products of attention and
/// what is done to single values are left out, so that a share of the ceiling is rather too low than too high.
/// </summary>
internal static class Work
{
    /// <summary>GFLOP of dense features by the classifier's image tower.</summary>
    public static double Scoring(FusionClassifier classifier) => Count(classifier.image_encoder, n => Positions(classifier.Vision, n));

    /// <summary>
    /// GFLOP of a training step: forward, back to the input of every layer behind a ResNet's stem or behind a vision transformer's
    /// first block with a branch, and to the weights of the branches; in the
    /// text tower one prefix of each polarity and the few tokens behind it of every label, forward and back to its input.
    /// </summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="images">Images of a step.</param>
    /// <param name="labelTokens">Tokens of a label, its end included.</param>
    public static double Training(FusionClassifier classifier, int images, int labelTokens)
    {
        var image = Count(classifier.image_encoder, n => Positions(classifier.Vision, n) * Passes(classifier.Vision, n));
        var tokens = 2.0 * (classifier.Options.ContextTokens + 1 + (classifier.Labels.Count * labelTokens));
        return (images * image) + (2 * Count(classifier.text_encoder!, n => n.StartsWith("transformer.", StringComparison.Ordinal) ? tokens : 0));
    }

    /// <summary>GFLOP of pooled features by a vision transformer whose last block computes what token 0 needs.</summary>
    public static double Judging(ClipVisionConfig config, VisionTransformer tower)
    {
        var (patches, last) = (config.GridSize * config.GridSize, $"transformer.resblocks.{config.Layers - 1}.");
        return Count(tower, name =>
            name == "conv1.weight" ? patches
            : name == "proj" ? 1
            : !name.StartsWith("transformer.", StringComparison.Ordinal) ? 0
            : !name.StartsWith(last, StringComparison.Ordinal) ? patches + 1
            : name.EndsWith("in_proj_weight", StringComparison.Ordinal) ? ((2 * (patches + 1)) + 1) / 3.0
            : 1);
    }

    /// <summary>GFLOP of one call of a denoiser for one image, without the products of attention.</summary>
    /// <param name="unet">The denoiser.</param>
    /// <param name="tokens">Tokens of a text.</param>
    /// <param name="outermost">Whether its outermost level alone is computed, with the deep features of another call.</param>
    public static double Denoising(UNet2DConditionModel unet, int tokens, bool outermost = false)
    {
        var (config, levels) = (unet.Config, unet.Config.BlockOutChannels.Count);
        double Side(int halvings) => Math.Pow(config.SampleSize / Math.Pow(2, halvings), 2);
        return Count(unet, name =>
        {
            var parts = name.Split('.');
            if (outermost && !IsOutermost(parts, levels))
            {
                return 0;
            }

            var level = parts[0] switch
            {
                "down_blocks" => int.Parse(parts[1]) + (parts[2] == "downsamplers" ? 1 : 0),
                "mid_block" => levels - 1,
                "up_blocks" => levels - 1 - int.Parse(parts[1]) - (parts[2] == "upsamplers" ? 1 : 0),
                _ => 0,
            };
            return name.Contains("time_emb", StringComparison.Ordinal) || name.Contains("_embedding", StringComparison.Ordinal) ? 1
                : name.Contains("attn2.to_k", StringComparison.Ordinal) || name.Contains("attn2.to_v", StringComparison.Ordinal) ? tokens
                : Side(level);
        });
    }

    // Forward, back to the input, back to the weights.
    private static int Passes(ClipVisionConfig config, string name)
    {
        var goesBack = config.ResNetLayers is null ? Block(name) > config.Layers / 2 : name.StartsWith("layer", StringComparison.Ordinal);
        return 1 + (goesBack ? 1 : 0) + (name.Contains("global_branch", StringComparison.Ordinal) ? 1 : 0);
    }

    // "transformer.resblocks.7.mlp.c_fc.weight" is of block 7.
    private static int Block(string name) => name.StartsWith("transformer.", StringComparison.Ordinal) ? int.Parse(name.Split('.')[2]) : -1;

    private static bool IsOutermost(string[] parts, int levels) => parts[0] switch
    {
        "down_blocks" => parts[1] == "0" && parts[2] != "downsamplers",
        "mid_block" => false,
        "up_blocks" => int.Parse(parts[1]) == levels - 1,
        _ => true,
    };

    /// <summary>Positions that a weight of an image tower is applied to where features of all positions are asked for.</summary>
    private static double Positions(ClipVisionConfig config, string name) => config.ResNetLayers is null ? TransformerPositions(config, name) : ResNetPositions(config, name);

    // In the last block the class token alone asks, and it alone goes through the perceptron.
    private static double TransformerPositions(ClipVisionConfig config, string name)
    {
        var patches = config.GridSize * config.GridSize;
        var isLast = Block(name) == config.Layers - 1;
        return name == "conv1.weight" ? patches
            : name == "proj" ? patches + 1
            : Block(name) < 0 ? 0
            : isLast && name.EndsWith("in_proj_weight", StringComparison.Ordinal) ? ((2 * (patches + 1)) + 1) / 3.0
            : isLast && name.Contains(".mlp.", StringComparison.Ordinal) ? 1
            : patches + 1;
    }

    private static double ResNetPositions(ClipVisionConfig config, string name)
    {
        var grid = Math.Pow(config.ImageSize / 32, 2);
        var parts = name.Split('.');
        if (parts[0] == "attnpool")
        {
            // Value and output projections are one matrix of the output's size.
            return parts[1] == "c_proj" ? grid + 1 : 0;
        }

        if (!parts[0].StartsWith("layer", StringComparison.Ordinal))
        {
            return grid * 256;
        }

        var stage = parts[0][^1] - '0';
        var behind = grid * Math.Pow(4, 4 - stage);
        var halves = stage > 1 && parts[1] == "0";
        return halves && (parts[2] is "conv1" or "conv2") ? 4 * behind : behind;
    }

    private static double Count(nn.Module network, Func<string, double> positions) =>
        network.named_parameters().Where(p => p.parameter.dim() >= 2).Sum(p => 2 * p.parameter.NumberOfElements * positions(p.name)) / 1e9;
}
