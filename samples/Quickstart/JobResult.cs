using ZsMlc.MLNet;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.Samples.Reporting;
using ZsMlc.Samples.Reporting.Comparison;
using ZsMlc.Torch.Classification;

namespace ZsMlc.Samples.Quickstart;

/// <summary>What a run came to.</summary>
/// <param name="Labels">The labels of the task.</param>
/// <param name="Methods">The full method, photos alone, zero-shot CLIP.</param>
/// <param name="Samples">Every attempt of the generator.</param>
/// <param name="Training">The training of the full method.</param>
/// <param name="PhotosOnly">The training on photos alone.</param>
/// <param name="Tagged">Test photos as the loaded model tags them.</param>
/// <param name="Steps">The steps and how long they took.</param>
internal sealed record JobResult(
    LabelSet Labels, IReadOnlyList<MeasuredMethod> Methods, IReadOnlyList<SyntheticSample> Samples, FusionTrainingResult Training,
    FusionTrainingResult PhotosOnly, IReadOnlyList<ScoredPhoto> Tagged, IReadOnlyList<RunStep> Steps)
{
    public TimeSpan Duration => TimeSpan.FromSeconds(Steps.Sum(s => s.Duration.TotalSeconds));

    /// <summary>The result in a sentence, whichever way it went.</summary>
    public string Headline =>
        FormattableString.Invariant($"{Labels.Unseen.Count} labels without a single photo, tagged at {Map(0):0.0} mAP: {Against(1)} training on photos alone, {Against(2)} zero-shot CLIP.");

    /// <summary>The mean average precision of a method among the unseen labels, in percent.</summary>
    public double Map(int method) => 100 * Methods[method].ZeroShot.MeanAveragePrecision;

    /// <summary>How far the full method is from another one.</summary>
    public string Against(int method)
    {
        var difference = Map(0) - Map(method);
        return Math.Abs(difference) < 0.05 ? "no better than" : FormattableString.Invariant($"{Math.Abs(difference):0.0} {(difference > 0 ? "more" : "less")} than");
    }
}
