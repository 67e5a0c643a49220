using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Images;

/// <summary>Reads the pictures of a column, one row after the other, and refuses what no network should get.</summary>
/// <param name="row">The row that moves; the column is active.</param>
/// <param name="column">The column of pictures.</param>
/// <param name="maximumPixels">The most pixels of a picture.</param>
internal sealed class ImageColumnReader(DataViewRow row, DataViewSchema.Column column, long maximumPixels)
{
    private readonly ValueGetter<MLImage> _getter = row.GetGetter<MLImage>(column);

    private MLImage? _image;

    /// <summary>The picture of the current row, valid until the next one is read.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it is too large; the message names the row and the column.</exception>
    public MLImage Read()
    {
        // The getter disposes or replaces the previous image; the last one may belong to the caller and is left alone.
        _getter(ref _image!);
        var image = _image ?? throw new InvalidOperationException($"Row {row.Position} has no image in the column '{column.Name}'.");
        return (long)image.Width * image.Height <= maximumPixels
            ? image
            : throw new InvalidOperationException($"Row {row.Position} has an image of {image.Width} x {image.Height} pixels in the column '{column.Name}'; at most {maximumPixels} are taken ({nameof(ImageReadOptions.MaximumPixels)}).");
    }
}
