using TorchSharp;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>Networks of published size with random weights; tiny ones in smoke runs.</summary>
internal static class RandomModels
{
    private static readonly ClipTextConfig s_tinyText = new(77, 49408, 32, 2, 1);

    /// <summary>CLIP with a ResNet: RN50, 224².</summary>
    public static ClipModel ResNet(BenchmarkOptions options)
    {
        var clip = Clip(options.Smoke ? new(32, ClipVisionConfig.ResNet(64, 64, [1, 1, 1, 1]), s_tinyText) : ClipConfig.RN50, options);
        using var noGrad = no_grad();
        foreach (var (name, parameter) in clip.named_parameters())
        {
            // Zero in a fresh network, which a trained one is not.
            if (name.EndsWith("bn3.weight", StringComparison.Ordinal))
            {
                nn.init.ones_(parameter);
            }
        }

        return clip;
    }

    /// <summary>CLIP with a vision transformer for the classifier: ViT-B/16, 224².</summary>
    public static ClipModel ViT(BenchmarkOptions options) =>
        Clip(options.Smoke ? new(32, ClipVisionConfig.ViT(32, 64, 16, 2), s_tinyText) : ClipConfig.ViTB16, options);

    /// <summary>CLIP with a vision transformer: ViT-B/32, 224².</summary>
    public static ClipModel Judge(BenchmarkOptions options, ScalarType dtype = ScalarType.Float32)
    {
        var clip = Clip(options.Smoke ? new(16, ClipVisionConfig.ViT(64, 32, 32, 1, 2), s_tinyText) : ClipConfig.ViTB32, options);
        clip.to(dtype);
        return clip;
    }

    /// <summary>The fusion classifier as published: 64 context tokens of each polarity, branches in all bottlenecks.</summary>
    /// <param name="clip">CLIP; it must outlive the classifier.</param>
    /// <param name="labels">Number of labels.</param>
    /// <param name="dtype">Element type that images are computed in.</param>
    /// <param name="contextTokens">Learnt tokens in front of a label.</param>
    public static FusionClassifier Classifier(ClipModel clip, int labels, ScalarType dtype = ScalarType.Float32, int contextTokens = 64)
    {
        var classifier = FusionClassifier.Create(clip, LabelNames(labels), new() { ContextTokens = contextTokens });
        classifier.ComputeType = dtype;
        return classifier;
    }

    /// <summary>The ML.NET component around such a classifier, as it comes out of a fit.</summary>
    public static FusionMultiLabelTransformer Transformer(ClipModel clip, int labels, ScalarType dtype, BenchmarkOptions options, int contextTokens = 64)
    {
        var classifier = Classifier(clip, labels, dtype, contextTokens);
        classifier.Complete();
        var names = LabelSet.Create(classifier.Labels, []);
        return new(classifier, FusionSettings.Of(new() { Labels = names, Clip = "random", TopK = 3, ScoringBatchSize = options.Batch, Precision = dtype }), null);
    }

    /// <summary>Tokens of such a name, the end of its text included.</summary>
    public const int LabelTokens = 5;

    /// <summary>Names of four tokens, a little more than the labels of MS-COCO have.</summary>
    public static IReadOnlyList<string> LabelNames(int count) => [.. Enumerable.Range(10, count).Select(i => $"thing {i}")];

    /// <summary>A UNet of half of Stable Diffusion's width, so about a quarter of its weights; 32² latents.</summary>
    public static UnetConfig MiddleUnet(BenchmarkOptions options) => options.Smoke ? TinyUnet : new() { BlockOutChannels = [160, 320, 640, 640], SampleSize = 32 };

    /// <summary>A UNet of next to no size, 16² latents.</summary>
    public static UnetConfig TinyUnet { get; } = new()
    {
        SampleSize = 16, BlockOutChannels = [32, 64], LayersPerBlock = 1, NormNumGroups = 8, CrossAttentionDim = 32, AttentionHeadDim = 4,
        DownBlockTypes = ["CrossAttnDownBlock2D", "DownBlock2D"], UpBlockTypes = ["UpBlock2D", "CrossAttnUpBlock2D"],
    };

    /// <summary>A UNet ready to predict.</summary>
    public static UNet2DConditionModel Unet(UnetConfig config, BenchmarkOptions options, ScalarType dtype = ScalarType.Float32) =>
        Frozen(new UNet2DConditionModel(config), options, dtype);

    /// <summary>Random pixels, Byte [B, 3, S, S].</summary>
    public static Tensor Pixels(int batch, int size) => randint(0, 256, [batch, 3, size, size], ScalarType.Byte);

    /// <summary>Puts a network in evaluation mode on the device, without gradients for its weights.</summary>
    public static T Frozen<T>(T module, BenchmarkOptions options, ScalarType dtype = ScalarType.Float32)
        where T : nn.Module
    {
        module.to(dtype);
        module.to(options.Device);
        module.eval();
        foreach (var parameter in module.parameters())
        {
            parameter.requires_grad_(false);
        }

        return module;
    }

    private static ClipModel Clip(ClipConfig config, BenchmarkOptions options)
    {
        random.manual_seed(1);
        return Frozen(new ClipModel(config), options);
    }
}
