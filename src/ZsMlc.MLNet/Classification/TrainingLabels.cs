using Microsoft.ML;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.Classification;

/// <summary>What can be said about training rows before any image is made or decoded.</summary>
internal static class TrainingLabels
{
    /// <summary>Checks the labels of rows that are going to be made.</summary>
    /// <exception cref="ArgumentException">The trainer does not know a label, or would not learn it from such rows.</exception>
    public static void Check(RowsToCome rows, FusionMultiLabelOptions options)
    {
        var labels = $"{nameof(FusionMultiLabelOptions)}.{nameof(options.Labels)}";
        if (!options.IgnoreUnknownLabels && rows.Labels.Concat(rows.Implied).FirstOrDefault(l => !options.Labels.Contains(l)) is { } unknown)
        {
            throw new ArgumentException($"{labels} lacks '{unknown}', a label of the images that are going to be made ({rows.Option}). Use the same label set in every step.");
        }

        if (rows.Labels.FirstOrDefault(l => options.Labels.IndexOf(l) >= 0 && !options.Labels.IsUnseen(l)) is { } seen)
        {
            throw new ArgumentException($"{labels} has '{seen}' among the seen labels, which are learnt from real rows alone, but images of it are going to be made ({rows.Option}). Use the same label set in every step.");
        }
    }

    /// <summary>Checks the rows that there are, by their labels alone: no image is read.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="toCome">Number of rows that will be added, at least.</param>
    /// <param name="temporary">Folder of the decoded images.</param>
    /// <param name="options">Labels and column.</param>
    /// <param name="size">Side of the decoded images.</param>
    /// <exception cref="ArgumentException">Two slots of the labels have one name.</exception>
    /// <exception cref="InvalidOperationException">A label is not in the set, or a number is not 0, 1 or NaN.</exception>
    /// <exception cref="IOException">The decoded images will not fit on the disk.</exception>
    public static void Check(IDataView rows, long toCome, string temporary, FusionMultiLabelOptions options, int size)
    {
        // A step in between may make the column.
        long count = 0;
        if (rows.Schema.GetColumnOrNull(options.LabelColumn) is not null)
        {
            var column = Columns.Labels(rows.Schema, options.LabelColumn, nameof(options.LabelColumn));
            using var cursor = rows.GetRowCursor([column]);
            var reader = LabelReader.Create(cursor, column, options.Labels.All, Remedy(options));
            var targets = new float[options.Labels.Count];
            for (; cursor.MoveNext(); count++)
            {
                options.CancellationToken.ThrowIfCancellationRequested();
                reader.Read(targets);
            }
        }

        DiskSpace.Check(temporary, (count + toCome) * TrainingCache.BytesOf(size), "The images that training keeps in MLContext.TempFilePath");
    }

    /// <summary>What to do about a label that is not in the set, or <see langword="null"/> where it is to be passed over.</summary>
    public static string? Remedy(FusionMultiLabelOptions options) => options.IgnoreUnknownLabels ? null
        : $"Add it to {nameof(FusionMultiLabelOptions)}.{nameof(options.Labels)}, set {nameof(options.IgnoreUnknownLabels)}, or take it out of the data (the loaders on ml.Data do so by ImageDataOptions.Labels).";
}
