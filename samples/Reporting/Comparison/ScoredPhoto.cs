namespace ZsMlc.Samples.Reporting.Comparison;

/// <summary>A photo, the labels that it has, and a score for every label of the task.</summary>
public sealed class ScoredPhoto
{
    public string ImagePath { get; set; } = "";

    public string[] Labels { get; set; } = [];

    public float[] Score { get; set; } = [];
}
