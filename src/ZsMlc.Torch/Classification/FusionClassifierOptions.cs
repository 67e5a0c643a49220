using ZsMlc.Torch.Clip;

namespace ZsMlc.Torch.Classification;

/// <summary>The shape of a fusion classifier.</summary>
public sealed record FusionClassifierOptions
{
    /// <summary>Gets the number of learnt context vectors n of each polarity, 1 or more. Default 16; published 64.</summary>
    public int ContextTokens { get; init; } = 16;

    /// <summary>Gets whether every label has contexts of its own. Default false.</summary>
    public bool LabelSpecificContext { get; init; }

    /// <summary>Gets whether the image tower carries fusion branches. Default true.</summary>
    public bool Fusion { get; init; } = true;

    /// <summary>
    /// Gets how many of the last blocks of the image tower carry a branch, 1 or more; a ResNet has as many places as
    /// residual blocks. <see langword="null"/> (default): in a ResNet every block with more than 32 channels in its 3×3
    /// convolution, in a vision transformer the last half.
    /// </summary>
    public int? FusionBlocks { get; init; }

    /// <summary>Gets how a vision transformer makes features of single positions. Default <see cref="DensePath.Residual"/>, the only one a ResNet takes.</summary>
    public DensePath DensePath { get; init; }

    /// <summary>
    /// Gets the side of the square images that the network takes, in pixels: a multiple of 32 (ResNet) or of the patch size
    /// (vision transformer), up to 8 times CLIP's own; positions are resized bicubically. A larger input has more positions,
    /// so small objects have some of their own; time and memory grow with its square. <see langword="null"/> (default): CLIP's
    /// own size.
    /// </summary>
    public int? InputSize { get; init; }

    /// <summary>Gets the normalisation of the branches. Default <see cref="FusionNorm.Affine"/>.</summary>
    public FusionNorm Norm { get; init; }

    /// <summary>Gets whether the branches project values and output. Default false.</summary>
    public bool FusionProjection { get; init; }

    /// <summary>Whether a place of the image tower carries a branch.</summary>
    internal bool Carries(BranchPlace place) => Fusion && (FusionBlocks is { } last ? place.Index >= place.Count - last : place.IsDefault);
}
