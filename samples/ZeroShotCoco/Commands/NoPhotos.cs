using Microsoft.ML;
using ZsMlc.Samples.Reporting.Comparison;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>A view without rows that has the columns of labelled photos.</summary>
internal static class NoPhotos
{
    public static IDataView View(MLContext ml) => ml.Data.LoadFromEnumerable(Array.Empty<LabelledPhoto>());
}
