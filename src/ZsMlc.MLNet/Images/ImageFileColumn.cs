using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.Images;

/// <summary>Columns of pictures that lie in files.</summary>
internal static class ImageFileColumn
{
    /// <summary>A column whose pictures are decoded when they are asked for.</summary>
    /// <param name="name">Name of the column.</param>
    /// <param name="path">Path of the file of a row.</param>
    /// <param name="options">What is accepted.</param>
    public static IndexedColumn Create(string name, Func<int, string> path, ImageReadOptions options) =>
        new(name, new ImageDataViewType(), row => (ValueGetter<MLImage>)((ref MLImage value) =>
        {
            value?.Dispose();
            value = null!;
            value = row.Take<MLImage>() ?? ImageReader.Read(path(row.Index), options);
        }));
}
