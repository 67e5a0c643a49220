using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.Datasets;

/// <summary>One image file and its labels.</summary>
internal sealed record ImageRow(string Path, IReadOnlyList<string> Labels);

/// <summary>Makes lazy views of image files.</summary>
internal static class ImageRows
{
    public const string ImageColumn = "Image", PathColumn = "ImagePath", LabelsColumn = "Labels";

    /// <summary>Chooses names, labels and rows as the options say.</summary>
    public static IEnumerable<ImageRow> Choose(IEnumerable<ImageRow> rows, ImageDataOptions options)
    {
        var kept = options.Labels?.ToHashSet(StringComparer.Ordinal);
        var without = (options.Without ?? []).ToHashSet(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            var names = row.Labels.Select(l => options.Names?.GetValueOrDefault(l, l) ?? l).Distinct(StringComparer.Ordinal).ToList();
            if (names.Any(without.Contains))
            {
                continue;
            }

            var labels = kept is null ? names : [.. names.Where(kept.Contains)];
            if (labels.Count > 0 || !options.SkipUnlabelled)
            {
                yield return row with { Labels = labels };
            }
        }
    }

    /// <summary>A view with the columns Image, ImagePath and, where asked for, Labels. Images are decoded when a row is read.</summary>
    public static IDataView View(IHostEnvironment environment, IReadOnlyList<ImageRow> rows, bool labels, ImageDataOptions options)
    {
        List<IndexedColumn> columns =
        [
            ImageFileColumn.Create(ImageColumn, i => rows[i].Path, options.Reading.Checked()),
            IndexedColumn.Text(PathColumn, i => rows[i].Path),
        ];
        if (labels)
        {
            columns.Add(IndexedColumn.Texts(LabelsColumn, i => rows[i].Labels));
        }

        return new IndexedDataView(rows.Count, columns, options.SkipUnreadable ? new ReadableRows(environment, rows, options).Includes : null);
    }
}
