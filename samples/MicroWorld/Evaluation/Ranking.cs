using ZsMlc.MicroModels.World;
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
        var values = scores.contiguous().data<float>().ToArray();
        var precisions = new List<double>();
        for (var c = 0; c < labels.Count; c++)
        {
            var ranked = Enumerable.Range(0, scenes.Count).OrderByDescending(i => values[i * labels.Count + c]).ToList();
            double sum = 0;
            var hits = 0;
            for (var r = 0; r < ranked.Count; r++)
            {
                if (scenes[ranked[r]].Labels.Contains(labels[c]))
                {
                    sum += (double)++hits / (r + 1);
                }
            }

            if (hits > 0)
            {
                precisions.Add(sum / hits);
            }
        }

        return 100 * precisions.Average();
    }
}
