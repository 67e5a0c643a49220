using Microsoft.ML;
using Microsoft.ML.Runtime;
using TorchSharp;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.Interop;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Classification;

/// <summary>Reads a view into a <see cref="TrainingCache"/>.</summary>
internal static class TrainingData
{
    /// <summary>
    /// Reads all rows. A row that lists names annotates the seen labels if it is real and the unseen ones if it is
    /// synthetic; the other labels are unknown, never absent. A row of numbers says itself what it knows.
    /// </summary>
    /// <exception cref="InvalidOperationException">There are no rows, a label is not in the set, or nothing is annotated.</exception>
    public static TrainingCache Read(IHostEnvironment environment, IDataView data, FusionMultiLabelOptions options, int size)
    {
        var labels = options.Labels;
        var image = Columns.Image(data.Schema, options.ImageColumn, nameof(options.ImageColumn));
        var label = Columns.Labels(data.Schema, options.LabelColumn, nameof(options.LabelColumn));
        var synthetic = Columns.Flag(data.Schema, options.SyntheticColumn, nameof(options.SyntheticColumn));
        using var cursor = ReadAhead.Open(data, synthetic is { } s ? [image, label, s] : [image, label], null, options.BatchSize, new(image.Index, size, options.MaximumPixels));
        var images = new ImageColumnReader(cursor, image, options.MaximumPixels);
        var reader = LabelReader.Create(cursor, label, labels.All, TrainingLabels.Remedy(options));
        var flags = synthetic is { } f ? cursor.GetGetter<bool>(f) : null;
        var cache = new TrainingCache(environment.TemporaryFolder(), size, labels.Count);
        try
        {
            var targets = new float[labels.Count];
            var passedOver = 0;
            while (cursor.MoveNext())
            {
                options.CancellationToken.ThrowIfCancellationRequested();
                var isSynthetic = false;
                flags?.Invoke(ref isSynthetic);
                reader.Read(targets);
                if (reader.ListsNames)
                {
                    var other = isSynthetic ? targets.AsSpan(0, labels.Seen.Count) : targets.AsSpan(labels.Seen.Count);
                    passedOver += other.Contains(1f) ? 1 : 0;
                    other.Fill(float.NaN);
                }

                using var scope = NewDisposeScope();
                cache.Add(ImagePixels.ToSquare(images.Read(), size), targets, isSynthetic);
            }

            if (passedOver > 0)
            {
                environment.Warning(nameof(FusionMultiLabelTrainer), $"{passedOver} rows name labels that rows of their kind do not annotate (real rows annotate seen labels, synthetic rows unseen ones); these labels were passed over.");
            }

            Check(environment, cache, labels);
            return cache;
        }
        catch
        {
            cache.Dispose();
            throw;
        }
    }

    private static void Check(IHostEnvironment environment, TrainingCache cache, LabelSet labels)
    {
        if (cache.Count == 0)
        {
            throw new InvalidOperationException("The training data has no rows.");
        }

        var known = new bool[labels.Count];
        var present = new bool[labels.Count];
        for (var r = 0; r < cache.Count; r++)
        {
            for (var c = 0; c < labels.Count; c++)
            {
                var target = cache.Target(r, c);
                known[c] |= !float.IsNaN(target);
                present[c] |= target == 1;
            }
        }

        if (!known.Contains(true))
        {
            throw new InvalidOperationException("No row annotates any label of the set: real rows annotate seen labels, synthetic rows unseen ones.");
        }

        var without = labels.All.Where((_, c) => known[c] && !present[c]).ToList();
        if (without.Count > 0)
        {
            environment.Warning(nameof(FusionMultiLabelTrainer), $"{without.Count} annotated labels have no positive row: {string.Join(", ", without.Take(20))}{(without.Count > 20 ? ", …" : "")}.");
        }
    }
}
