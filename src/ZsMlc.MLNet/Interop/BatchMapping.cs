using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>A column that a mapping adds to its input.</summary>
/// <param name="Name">Name; a column of the same name in the input is hidden.</param>
/// <param name="Type">Type.</param>
/// <param name="Annotations">Annotations such as slot names.</param>
internal sealed record AddedColumn(string Name, DataViewType Type, DataViewSchema.Annotations? Annotations = null);

/// <summary>
/// Adds columns to rows, several rows at a time: the part of a transformer that knows one input schema.
/// </summary>
internal abstract class BatchMapping
{
    /// <summary>Creates the mapping and its output schema.</summary>
    /// <param name="input">Schema of the rows that come in.</param>
    /// <param name="added">Columns added behind those of the input.</param>
    /// <param name="batchSize">Rows computed at once, 1 or more.</param>
    protected BatchMapping(DataViewSchema input, IReadOnlyList<AddedColumn> added, int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        (InputSchema, Added, BatchSize) = (input, added, batchSize);
        if (added.Count == 0)
        {
            OutputSchema = input;
            return;
        }

        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        foreach (var column in added)
        {
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        }

        OutputSchema = builder.ToSchema();
    }

    /// <summary>Gets the schema of the rows that come in.</summary>
    public DataViewSchema InputSchema { get; }

    /// <summary>Gets the schema of the rows that go out: the input's columns, then the added ones.</summary>
    public DataViewSchema OutputSchema { get; }

    /// <summary>Gets the columns that are added.</summary>
    public IReadOnlyList<AddedColumn> Added { get; }

    /// <summary>Gets the number of rows computed at once.</summary>
    public int BatchSize { get; }

    /// <summary>Gets the indexes of the input columns that the computation reads.</summary>
    public abstract IReadOnlyList<int> Reads { get; }

    /// <summary>Gets the token that stops a cursor between batches.</summary>
    public virtual CancellationToken CancellationToken => default;

    /// <summary>Gets whether a network computes the columns, in one place with every core, and ahead of it images are decoded; otherwise any thread may make them.</summary>
    public virtual bool UsesNetwork => true;

    /// <summary>Gets whether the computation reads the columns <see cref="Reads"/> of every row, so that it pays to make them ahead.</summary>
    public virtual bool ReadsEveryRow => true;

    /// <summary>Gets images that the computation reads as squares alone, or <see langword="null"/>.</summary>
    public virtual SquareImages? Squares => null;

    /// <summary>Starts computing on the rows that <paramref name="row"/> moves over.</summary>
    /// <param name="row">A row whose columns <see cref="Reads"/> are active.</param>
    /// <param name="capacity">Number of slots, one for each row of a batch.</param>
    public abstract BatchRun Start(DataViewRow row, int capacity);
}

/// <summary>The computation over the rows of one cursor.</summary>
internal abstract class BatchRun : IDisposable
{
    /// <summary>Reads the current row into a slot.</summary>
    public abstract void Read(int slot);

    /// <summary>Computes the slots 0 to <paramref name="count"/> − 1.</summary>
    public abstract void Compute(int count);

    /// <summary>Whether the row of a computed slot stays in the output.</summary>
    public virtual bool Keep(int slot) => true;

    /// <summary>Takes note that all rows were read and computed; not called where a cursor is left early.</summary>
    public virtual void Complete()
    {
    }

    /// <summary>Returns the <see cref="ValueGetter{TValue}"/> of an added column.</summary>
    /// <param name="added">Index into <see cref="BatchMapping.Added"/>.</param>
    /// <param name="slot">Tells the slot of the row whose value is asked for.</param>
    public abstract Delegate Getter(int added, Func<int> slot);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}
