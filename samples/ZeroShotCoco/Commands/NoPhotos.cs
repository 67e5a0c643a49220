using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>A view without rows that has the columns of labelled photos.</summary>
internal static class NoPhotos
{
    public static IDataView View(MLContext ml) => ml.Data.LoadFromEnumerable(Array.Empty<Photo>());

    private sealed class Photo
    {
        [ImageType(1, 1)]
        public MLImage Image { get; set; } = null!;

        public string[] Labels { get; set; } = [];
    }
}
