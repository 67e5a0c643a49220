using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

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

    /// <summary>Gets the rows that come in.</summary>
    public IDataView Source => source;

    /// <summary>Gets whether a network computes the added columns.</summary>
    public bool UsesNetwork => mapping.UsesNetwork;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var (active, needed, computes) = Plan(columnsNeeded);
        var ahead = computes && UsesNetwork && (mapping.ReadsEveryRow || Schema.Any(c => active[c.Index] && c.Type is ImageDataViewType));
        var squares = mapping.Squares is { } s && !active[s.Column] ? s : null;
        var rows = ahead ? ReadAhead.Open(source, needed, rand, mapping.BatchSize, squares) : source.GetRowCursor(needed, rand);
        return new BatchedCursor(rows, mapping, active, computes);
    }

    /// <summary>Returns as many cursors as the source, or one where a network computes: it runs in one place and uses every core by itself.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var (active, needed, computes) = Plan(columnsNeeded);
        return computes && UsesNetwork
            ? [GetRowCursor(columnsNeeded, rand)]
            : [.. source.GetRowCursorSet(needed, n, rand).Select(rows => new BatchedCursor(rows, mapping, active, computes))];
    }

    private (bool[] Active, List<DataViewSchema.Column> Needed, bool Computes) Plan(IEnumerable<DataViewSchema.Column> columnsNeeded)
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

        return (active, [.. source.Schema.Where(c => needed[c.Index])], computes);
    }
}
