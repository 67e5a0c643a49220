using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ZsMlc.MLNet.Interop;

/// <summary>Has images decoded by other threads while a network computes.</summary>
internal static class ReadAhead
{
    /// <summary>
    /// Opens a cursor. Where images are asked for and the view makes them for every reader anew, one thread for each
    /// processor reads ahead; other views are read by the thread that asks, as ever: their images may be the user's own,
    /// or a network's work.
    /// </summary>
    /// <param name="view">The rows.</param>
    /// <param name="columnsNeeded">The columns to read.</param>
    /// <param name="rand">For a random order, or <see langword="null"/>.</param>
    /// <param name="rows">Rows that are used together, 1 or more: about as many are read ahead.</param>
    /// <param name="squares">Images that may come as squares, or not.</param>
    public static DataViewRowCursor Open(IDataView view, IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand, int rows, SquareImages? squares = null)
    {
        var columns = columnsNeeded.ToList();
        return columns.Any(c => c.Type is ImageDataViewType) && MakesImages(view)
            ? new ReadAheadCursor(view.Schema, columns, view.GetRowCursorSet(columns, Math.Min(Environment.ProcessorCount, rows), rand), rows, squares)
            : view.GetRowCursor(columns, rand);
    }

    // ML.NET's row filters, such as TakeRows, hand on what they get.
    private static bool MakesImages(IDataView view) => view switch
    {
        IndexedDataView => true,
        AppendedDataView appended => MakesImages(appended.First) && MakesImages(appended.Second),
        BatchedDataView batched => !batched.UsesNetwork && MakesImages(batched.Source),
        FilterBase filter => MakesImages(filter.Source),
        _ => false,
    };
}
