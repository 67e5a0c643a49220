using ZsMlc.Torch.Clip;

namespace ZsMlc.DeviceCheck.Steps;

/// <summary>Floating-point operations of an image in CLIP's towers: two for every product of a convolution, projection or attention.</summary>
internal static class TowerCost
{
    /// <summary>Stem, bottlenecks and the dense projection behind them.</summary>
    public static double OfResNet(ClipVisionConfig config, int embedDim)
    {
        double side = config.ImageSize / 2.0, width = config.Width;
        var products = side * side * 9 * (3 * width / 2 + width / 2 * (width / 2) + width / 2 * width);
        side /= 2;
        var inputs = width;
        for (var stage = 0; stage < 4; stage++)
        {
            var planes = width * (1 << stage);
            for (var block = 0; block < config.ResNetLayers![stage]; block++)
            {
                // The 3×3 convolution runs at the old size; the pool that halves it stands behind.
                var next = stage > 0 && block == 0 ? side / 2 : side;
                products += side * side * (inputs * planes + 9 * planes * planes) + next * next * planes * planes * 4;
                products += block == 0 ? next * next * inputs * planes * 4 : 0;
                (side, inputs) = (next, planes * 4);
            }
        }

        return 2 * (products + side * side * inputs * (inputs + embedDim));
    }

    /// <summary>Patches, blocks and attention.</summary>
    public static double OfTransformer(ClipVisionConfig config)
    {
        double tokens = config.GridSize * config.GridSize + 1, width = config.Width;
        var block = 12 * tokens * width * width + 2 * tokens * tokens * width;
        return 2 * (config.Layers * block + (tokens - 1) * 3 * config.PatchSize * config.PatchSize * width);
    }
}
