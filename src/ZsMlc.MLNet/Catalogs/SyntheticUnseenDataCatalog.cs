using ZsMlc.MLNet.Interop;
using ZsMlc.MLNet.SyntheticData;

namespace Microsoft.ML;

/// <summary>Brings <c>ml.Transforms.SyntheticUnseenData</c>.</summary>
public static class SyntheticUnseenDataCatalog
{
    extension(TransformsCatalog catalog)
    {
        /// <summary>Makes training images of labels without photos. In a chain, they are appended to the rows that the next steps are fitted on; scoring passes rows through unchanged.</summary>
        /// <param name="options">Labels, models, image store and recipe.</param>
        /// <exception cref="ArgumentException">An option is missing or out of its range; the message names it.</exception>
        public SyntheticUnseenDataEstimator SyntheticUnseenData(SyntheticUnseenDataOptions options) => new(catalog.Environment(), options);
    }
}
