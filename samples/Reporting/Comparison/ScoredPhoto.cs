using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ZsMlc.Samples.Reporting.Comparison;

/// <summary>A labelled photo as the loaders deliver it. The size in the attribute is a formality: photos of any size do.</summary>
public sealed class LabelledPhoto
{
    public string ImagePath { get; set; } = "";

    [ImageType(1, 1)]
    public MLImage Image { get; set; } = null!;

    public string[] Labels { get; set; } = [];
}

/// <summary>A photo, the labels that it has, and a score for every label of the task.</summary>
public sealed class ScoredPhoto
{
    public string ImagePath { get; set; } = "";

    public string[] Labels { get; set; } = [];

    public float[] Score { get; set; } = [];
}
