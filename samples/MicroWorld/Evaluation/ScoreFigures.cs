using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Classification;

namespace MicroWorld.Evaluation;

/// <summary>How far the scores of test pictures hold as probabilities and as tags: percentages, and false tags a picture.</summary>
internal sealed record ScoreFigures(double SeenError, double UnseenError, double Precision, double Recall, double MicroF1, double FalseTags)
{
    /// <summary>Headings of a table's columns.</summary>
    public static IReadOnlyList<string> Names { get; } = ["calibration error, seen", "unseen", "tags' precision", "recall", "F1", "false tags a picture"];

    public IReadOnlyList<double> Values => [SeenError, UnseenError, Precision, Recall, MicroF1, FalseTags];

    /// <param name="scores">[pictures · labels], unseen labels first.</param>
    /// <param name="pictures">What each shows.</param>
    /// <param name="thresholds">Where each label becomes a tag.</param>
    public static ScoreFigures Of(float[] scores, IReadOnlyList<IReadOnlyList<string>> pictures, IReadOnlyList<double> thresholds)
    {
        var targets = pictures.SelectMany(p => WorldLabels.All.Select(l => p.Contains(l) ? 1f : 0f)).ToArray();
        var tags = MultiLabelRanking.AtThresholds(scores, targets, thresholds);
        return new(
            Error(scores, targets, isUnseen: false), Error(scores, targets, isUnseen: true),
            100 * tags.Micro.Precision, 100 * tags.Micro.Recall, 100 * tags.Micro.F1, tags.FalsePerRow);
    }

    private static double Error(float[] scores, float[] targets, bool isUnseen)
    {
        // What is unknown is left out.
        var some = targets.Select((t, i) => isUnseen == i % WorldLabels.All.Length < WorldLabels.Unseen.Length ? t : float.NaN).ToArray();
        return 100 * ReliabilityDiagram.ExpectedCalibrationError(ReliabilityDiagram.Bins(scores, some));
    }
}
