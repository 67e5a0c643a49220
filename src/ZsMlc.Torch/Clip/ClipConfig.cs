namespace ZsMlc.Torch.Clip;

/// <summary>Sizes of a CLIP model.</summary>
/// <param name="EmbedDim">Width E of the shared embedding of images and texts.</param>
/// <param name="Vision">The image tower.</param>
/// <param name="Text">The text tower.</param>
/// <param name="QuickGelu">Whether the transformers use x·σ(1.702x), as OpenAI's models do, instead of the exact GELU.</param>
public sealed record ClipConfig(int EmbedDim, ClipVisionConfig Vision, ClipTextConfig Text, bool QuickGelu = true)
{
    /// <summary>Throws when no network can have these sizes.</summary>
    /// <exception cref="ArgumentException">A size is out of range; the message names it.</exception>
    internal void Check()
    {
        Positive(EmbedDim, nameof(EmbedDim));
        Vision.Check();
        Text.Check();
    }

    /// <summary>Weights of a transformer block but for biases and norms.</summary>
    internal static double BlockWeights(double width, double mlpWidth) => 4 * width * width + 2 * width * mlpWidth;

    internal static void Positive(int value, string name) => Require(value > 0, $"{name} is {value}; expected 1 or more.");

    internal static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ArgumentException(message);
        }
    }

    /// <summary>Gets OpenAI's RN50: 224², E 1024.</summary>
    public static ClipConfig RN50 { get; } = new(1024, ClipVisionConfig.ResNet(224, 64, [3, 4, 6, 3]), new(77, 49408, 512, 8, 12));

    /// <summary>Gets OpenAI's RN101: 224², E 512.</summary>
    public static ClipConfig RN101 { get; } = new(512, ClipVisionConfig.ResNet(224, 64, [3, 4, 23, 3]), new(77, 49408, 512, 8, 12));

    /// <summary>Gets OpenAI's RN50x4: 288², E 640.</summary>
    public static ClipConfig RN50x4 { get; } = new(640, ClipVisionConfig.ResNet(288, 80, [4, 6, 10, 6]), new(77, 49408, 640, 10, 12));

    /// <summary>Gets OpenAI's ViT-B/32: 224², E 512.</summary>
    public static ClipConfig ViTB32 { get; } = new(512, ClipVisionConfig.ViT(224, 768, 32, 12), new(77, 49408, 512, 8, 12));

    /// <summary>Gets OpenAI's ViT-B/16: 224², E 512.</summary>
    public static ClipConfig ViTB16 { get; } = new(512, ClipVisionConfig.ViT(224, 768, 16, 12), new(77, 49408, 512, 8, 12));

    /// <summary>Gets OpenAI's ViT-L/14: 224², E 768.</summary>
    public static ClipConfig ViTL14 { get; } = new(768, ClipVisionConfig.ViT(224, 1024, 14, 24), new(77, 49408, 768, 12, 12));

    /// <summary>Gets OpenAI's ViT-L/14@336px: 336², E 768.</summary>
    public static ClipConfig ViTL14At336 { get; } = new(768, ClipVisionConfig.ViT(336, 1024, 14, 24), new(77, 49408, 768, 12, 12));

    /// <summary>Gets LAION's ViT-H/14: 224², E 1024, heads 80 channels wide, exact GELU.</summary>
    public static ClipConfig ViTH14 { get; } = new(1024, ClipVisionConfig.ViT(224, 1280, 14, 32, 16), new(77, 49408, 1024, 16, 24), QuickGelu: false);
}

/// <summary>Sizes of the image tower: a ModifiedResNet when <see cref="ResNetLayers"/> is set, else a VisionTransformer.</summary>
/// <param name="ImageSize">Side of the square input in pixels.</param>
/// <param name="Width">ResNet: channels of the first stage; transformer: token width.</param>
/// <param name="ResNetLayers">Blocks of the four ResNet stages, or <see langword="null"/> for a transformer.</param>
/// <param name="PatchSize">Transformer: side of a patch in pixels.</param>
/// <param name="Layers">Transformer: number of blocks.</param>
/// <param name="Heads">Attention heads (of the attention pool in a ResNet).</param>
public sealed record ClipVisionConfig(int ImageSize, int Width, IReadOnlyList<int>? ResNetLayers, int PatchSize, int Layers, int Heads)
{
    /// <summary>Sizes of a ModifiedResNet; its attention pool has heads of 64 channels.</summary>
    public static ClipVisionConfig ResNet(int imageSize, int width, IReadOnlyList<int> layers, int? heads = null) =>
        new(imageSize, width, layers, 0, 0, heads ?? width * 32 / 64);

    /// <summary>Sizes of a VisionTransformer; heads have 64 channels unless given.</summary>
    public static ClipVisionConfig ViT(int imageSize, int width, int patchSize, int layers, int? heads = null) =>
        new(imageSize, width, null, patchSize, layers, heads ?? width / 64);

    /// <summary>Gets the width of a transformer block's perceptron, or <see langword="null"/> (default) for four times <see cref="Width"/>.</summary>
    public int? MlpWidth
    {
        get;
        init => field = value == 4 * Width ? null : value;
    }

    // Resized positions say ever less about places the further they are stretched.
    private const int LargestInput = 8;

    /// <summary>Gets the normalisation of the pixels. Default OpenAI's.</summary>
    public PixelNormalization Pixels { get; init; } = PixelNormalization.OpenAI;

    /// <summary>Gets the width of a transformer block's perceptron.</summary>
    internal int HiddenWidth => MlpWidth ?? 4 * Width;

    /// <summary>Gets the side of the final feature grid: positions or patches.</summary>
    public int GridSize => ResNetLayers is null ? ImageSize / PatchSize : ImageSize / 32;

    /// <summary>Throws when no network can have these sizes.</summary>
    /// <exception cref="ArgumentException">A size is out of range; the message names it.</exception>
    internal void Check()
    {
        ClipConfig.Positive(Width, "Vision.Width");
        ClipConfig.Positive(Heads, "Vision.Heads");
        ClipConfig.Positive(HiddenWidth, "Vision.MlpWidth");
        ClipConfig.Require(Pixels is not null, "Vision.Pixels is missing.");
        long attended = Width;
        if (ResNetLayers is { } blocks)
        {
            attended *= 32;
            ClipConfig.Require(ImageSize > 0 && ImageSize % 32 == 0, $"Vision.ImageSize is {ImageSize}; a ResNet needs a multiple of 32.");
            ClipConfig.Require(Width % 2 == 0, $"Vision.Width is {Width}; a ResNet needs an even number.");
            ClipConfig.Require(blocks.Count == 4 && blocks.All(b => b > 0), $"Vision.ResNetLayers is [{string.Join(", ", blocks)}]; expected four numbers of 1 or more.");
        }
        else
        {
            ClipConfig.Positive(Layers, "Vision.Layers");
            ClipConfig.Positive(PatchSize, "Vision.PatchSize");
            ClipConfig.Require(ImageSize >= PatchSize, $"Vision.ImageSize is {ImageSize}; expected at least the patch size, {PatchSize}.");
        }

        ClipConfig.Require(attended % Heads == 0, $"Vision.Heads is {Heads}, which does not divide the width {attended}.");
    }

    /// <summary>Throws where the tower does not take images of a side.</summary>
    /// <param name="side">Side of the square input in pixels, or null for that of the tower.</param>
    /// <exception cref="ArgumentException">It is no multiple of the step between positions, or out of range.</exception>
    internal void CheckInput(int? side)
    {
        var step = ResNetLayers is null ? PatchSize : 32;
        if (side is { } pixels && (pixels < step || pixels % step != 0 || pixels > (long)LargestInput * ImageSize))
        {
            throw new ArgumentException($"InputSize is {pixels}; this image tower takes multiples of {step} up to {(long)LargestInput * ImageSize}, {LargestInput} times its own {ImageSize}.");
        }
    }

    /// <summary>A lower bound of the tower's number of weights, embedding of width <paramref name="embedDim"/> included.</summary>
    internal double LeastWeights(int embedDim)
    {
        double width = Width, grid = (double)GridSize * GridSize;

        // A bottleneck of p planes has 1×1 convolutions of 4p² each and a 3×3 one of 9p²; stage s has p = Width · 2^s.
        return ResNetLayers is { } blocks
            ? 32 * width * (3 * 32 * width + grid + embedDim) + blocks.Select((b, s) => b * 17.0 * width * width * Math.Pow(4, s)).Sum()
            : width * (3.0 * PatchSize * PatchSize + grid + embedDim) + ClipConfig.BlockWeights(width, HiddenWidth) * Layers;
    }
}

/// <summary>Sizes of the text tower.</summary>
/// <param name="ContextLength">Tokens of a text, start and end included.</param>
/// <param name="VocabSize">Size of the vocabulary.</param>
/// <param name="Width">Token width.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Layers">Number of blocks.</param>
public sealed record ClipTextConfig(int ContextLength, int VocabSize, int Width, int Heads, int Layers)
{
    /// <summary>Gets the width of a block's perceptron, or <see langword="null"/> (default) for four times <see cref="Width"/>.</summary>
    public int? MlpWidth
    {
        get;
        init => field = value == 4 * Width ? null : value;
    }

    /// <summary>Gets the width of a block's perceptron.</summary>
    internal int HiddenWidth => MlpWidth ?? 4 * Width;

    /// <summary>Throws when no network can have these sizes.</summary>
    /// <exception cref="ArgumentException">A size is out of range; the message names it.</exception>
    internal void Check()
    {
        ClipConfig.Require(ContextLength > 2, $"Text.ContextLength is {ContextLength}; expected 3 or more.");
        ClipConfig.Require(VocabSize > 2, $"Text.VocabSize is {VocabSize}; expected 3 or more.");
        ClipConfig.Positive(Layers, "Text.Layers");
        ClipConfig.Positive(Width, "Text.Width");
        ClipConfig.Positive(HiddenWidth, "Text.MlpWidth");
        ClipConfig.Require(Heads > 0 && Width % Heads == 0, $"Text.Heads is {Heads}, which does not divide the width {Width}.");
    }

    /// <summary>A lower bound of the tower's number of weights, embedding of width <paramref name="embedDim"/> included.</summary>
    internal double LeastWeights(int embedDim) =>
        ((double)VocabSize + ContextLength + embedDim) * Width + ClipConfig.BlockWeights(Width, HiddenWidth) * Layers;
}
