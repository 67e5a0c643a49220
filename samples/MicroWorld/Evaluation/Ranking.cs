using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Classification;
using static TorchSharp.torch;

namespace MicroWorld.Evaluation;

/// <summary>Zero-shot figures of pictures whose objects are known.</summary>
internal static class Ranking
{
    /// <summary>Mean average precision in percent over the labels that occur.</summary>
    /// <param name="scores">[pictures, labels].</param>
    /// <param name="scenes">The pictures behind the rows.</param>
    /// <param name="labels">The labels behind the columns.</param>
    public static double MeanAveragePrecision(Tensor scores, IReadOnlyList<Scene> scenes, IReadOnlyList<string> labels)
    {
        var truth = scenes.SelectMany(s => labels.Select(l => s.Labels.Contains(l) ? 1f : 0)).ToArray();
        var values = scores.contiguous().data<float>().ToArray();
        return 100 * MultiLabelRanking.MeanAveragePrecision(MultiLabelRanking.AveragePrecision(values, truth, labels.Count));
    }
}
