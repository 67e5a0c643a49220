using ZsMlc.MLNet.Filtering;
using ZsMlc.MLNet.Interop;

namespace Microsoft.ML;

/// <summary>Brings <c>ml.Transforms.ClipFilter</c>.</summary>
public static class ClipFilterCatalog
{
    extension(TransformsCatalog catalog)
    {
        /// <summary>Drops synthetic images that do not show their labels, as CLIP sees it.</summary>
        /// <param name="options">Labels, CLIP model and rule.</param>
        /// <exception cref="ArgumentException">An option is missing or out of its range; the message names it.</exception>
        public ClipFilterEstimator ClipFilter(ClipFilterOptions options) => new(catalog.Environment(), options);
    }
}
