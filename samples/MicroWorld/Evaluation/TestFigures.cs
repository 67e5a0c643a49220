using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Classification;

namespace MicroWorld.Evaluation;

/// <summary>Percentages on the test set. ZSL ranks the unseen labels on pictures that show one; GZSL ranks all labels on all pictures.</summary>
internal sealed record TestFigures(double ZslMap, double ZslF1, double GzslMap, double GzslF1, double SeenMap)
{
    /// <summary>Headings of a table's columns.</summary>
    public static IReadOnlyList<string> Names { get; } = ["ZSL mAP", "ZSL F1@3", "GZSL mAP", "GZSL F1@3", "seen mAP"];

    /// <param name="scores">[pictures · 32], unseen labels first.</param>
    /// <param name="pictures">What each shows.</param>
    public static TestFigures Of(float[] scores, IReadOnlyList<IReadOnlyList<string>> pictures)
    {
        var unseenCount = WorldLabels.Unseen.Length;
        var all = Enumerable.Range(0, pictures.Count).ToList();
        var withUnseen = all.Where(i => pictures[i].Any(l => WorldLabels.IndexOf(l) < unseenCount)).ToList();
        var (zslMap, zslF1) = Measure(scores, pictures, withUnseen, 0, unseenCount);
        var (gzslMap, gzslF1) = Measure(scores, pictures, all, 0, WorldLabels.All.Length);
        var (seenMap, _) = Measure(scores, pictures, all, unseenCount, WorldLabels.All.Length);
        return new TestFigures(zslMap, zslF1, gzslMap, gzslF1, seenMap);
    }

    public IReadOnlyList<double> Values => [ZslMap, ZslF1, GzslMap, GzslF1, SeenMap];

    private static (double Map, double F1) Measure(float[] scores, IReadOnlyList<IReadOnlyList<string>> pictures, List<int> rows, int first, int end)
    {
        var labels = end - first;
        var chosen = new float[rows.Count * labels];
        var truth = new float[rows.Count * labels];
        for (var r = 0; r < rows.Count; r++)
        {
            for (var c = 0; c < labels; c++)
            {
                chosen[r * labels + c] = scores[rows[r] * WorldLabels.All.Length + first + c];
                truth[r * labels + c] = pictures[rows[r]].Contains(WorldLabels.All[first + c]) ? 1 : 0;
            }
        }

        return (
            100 * MultiLabelRanking.MeanAveragePrecision(MultiLabelRanking.AveragePrecision(chosen, truth, labels)),
            100 * MultiLabelRanking.AtTop(chosen, truth, labels, 3).F1);
    }
}
