using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>The current row of a source as a computation reads it: columns that are buffered anyway come from there, so that an image is decoded once.</summary>
/// <param name="source">The cursor of the source.</param>
/// <param name="buffers">Buffers by the index of their column, filled before the computation reads.</param>
/// <param name="slot">Tells the slot of the current row.</param>
internal sealed class BufferedRow(DataViewRow source, IReadOnlyDictionary<int, ColumnBuffer> buffers, Func<int> slot) : DataViewRow
{
    /// <inheritdoc/>
    public override DataViewSchema Schema => source.Schema;

    /// <inheritdoc/>
    public override long Position => source.Position;

    /// <inheritdoc/>
    public override long Batch => source.Batch;

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => source.IsColumnActive(column);

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        buffers.TryGetValue(column.Index, out var buffer) && buffer.Getter(slot) is ValueGetter<TValue> getter ? getter : source.GetGetter<TValue>(column);
}
