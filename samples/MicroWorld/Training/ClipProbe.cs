using TorchSharp;
using ZsMlc.MicroModels.World;
using static TorchSharp.torch;

namespace MicroWorld.Training;

/// <summary>Quick figures of a CLIP during training.</summary>
internal static class ClipProbe
{
    /// <summary>Zero-shot mean average precision (percent) over <paramref name="labels"/>.</summary>
    /// <param name="scores">[B, labels].</param>
    /// <param name="scenes">The pictures behind the rows.</param>
    /// <param name="labels">The labels behind the columns.</param>
    public static double MeanAveragePrecision(Tensor scores, IReadOnlyList<Scene> scenes, IReadOnlyList<string> labels)
    {
        var values = scores.contiguous().data<float>().ToArray();
        double total = 0;
        var counted = 0;
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
                total += sum / hits;
                counted++;
            }
        }

        return 100 * total / counted;
    }

    /// <summary>Share (percent) of rows whose named labels all win their grouping softmax with more than one half.</summary>
    public static double PassRate(Tensor scores, IReadOnlyList<int[]> named)
    {
        var columns = (int)scores.shape[1];
        var values = scores.contiguous().data<float>().ToArray();
        var passed = 0;
        for (var i = 0; i < named.Count; i++)
        {
            var row = values.AsSpan(i * columns, columns);
            var ok = true;
            foreach (var k in named[i])
            {
                double others = 0;
                for (var n = 0; n < columns; n++)
                {
                    others += named[i].Contains(n) ? 0 : Math.Exp(row[n] - row[k]);
                }

                ok &= others < 1;
            }

            passed += ok ? 1 : 0;
        }

        return 100.0 * passed / named.Count;
    }
}
