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

    /// <summary>Gets the normalisation of the branches. Default <see cref="FusionNorm.Affine"/>.</summary>
    public FusionNorm Norm { get; init; }

    /// <summary>Gets whether the branches project values and output. Default false.</summary>
    public bool FusionProjection { get; init; }
}
