using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>
/// A lazy view of a <see cref="BatchMapping"/> over its source: rows are buffered, computed a batch at a time, and
/// handed out one by one. Rows that the computation does not keep are left out.
/// </summary>
/// <param name="source">Rows that come in; their schema is the mapping's input schema.</param>
/// <param name="mapping">The computation.</param>
/// <param name="filters">Whether rows may be left out.</param>
internal sealed class BatchedDataView(IDataView source, BatchMapping mapping, bool filters = false) : IDataView
{
    /// <inheritdoc/>
    public DataViewSchema Schema => mapping.OutputSchema;

    /// <inheritdoc/>
    public bool CanShuffle => source.CanShuffle;

    /// <inheritdoc/>
    public long? GetRowCount() => filters ? null : source.GetRowCount();

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = new bool[Schema.Count];
        foreach (var column in columnsNeeded)
        {
            active[column.Index] = true;
        }

        var inputs = mapping.InputSchema.Count;
        var computes = filters || active.AsSpan(inputs).Contains(true);
        var needed = active.Take(inputs).ToArray();
        foreach (var column in computes ? mapping.Reads : [])
        {
            needed[column] = true;
        }

        return new BatchedCursor(source.GetRowCursor(source.Schema.Where(c => needed[c.Index]), rand), mapping, active, computes);
    }

    /// <summary>Returns one cursor: the network runs in one place and uses every core by itself.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];
}
