using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>A column whose values are made from the index of the row.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type">Type.</param>
/// <param name="Getter">Makes a <see cref="ValueGetter{TValue}"/> from a function that tells the current index.</param>
/// <param name="Annotations">Annotations such as slot names.</param>
internal sealed record IndexedColumn(string Name, DataViewType Type, Func<Func<int>, Delegate> Getter, DataViewSchema.Annotations? Annotations = null)
{
    /// <summary>A column of texts.</summary>
    public static IndexedColumn Text(string name, Func<int, string> value) =>
        new(name, TextDataViewType.Instance, index => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> v) => v = value(index()).AsMemory()));

    /// <summary>A column of lists of texts.</summary>
    public static IndexedColumn Texts(string name, Func<int, IReadOnlyList<string>> values) =>
        new(name, new VectorDataViewType(TextDataViewType.Instance), index => (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> v) => Fill(ref v, values(index()))));

    /// <summary>A column of truth values.</summary>
    public static IndexedColumn Boolean(string name, Func<int, bool> value) =>
        new(name, BooleanDataViewType.Instance, index => (ValueGetter<bool>)((ref bool v) => v = value(index())));

    /// <summary>Puts texts into a vector, reusing its memory.</summary>
    public static void Fill(ref VBuffer<ReadOnlyMemory<char>> value, IReadOnlyList<string> texts)
    {
        var editor = VBufferEditor.Create(ref value, texts.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            editor.Values[i] = texts[i].AsMemory();
        }

        value = editor.Commit();
    }
}

/// <summary>A lazy view of rows 0 to count − 1, in any order.</summary>
/// <param name="count">Number of rows.</param>
/// <param name="columns">Columns.</param>
/// <param name="includes">Tells whether a row exists, asked when a cursor comes to it; by default all do.</param>
internal sealed class IndexedDataView(int count, IReadOnlyList<IndexedColumn> columns, Func<int, bool>? includes = null) : IDataView
{
    /// <inheritdoc/>
    public DataViewSchema Schema { get; } = CreateSchema(columns);

    /// <inheritdoc/>
    public bool CanShuffle => true;

    /// <inheritdoc/>
    public long? GetRowCount() => includes is null ? count : null;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var order = Enumerable.Range(0, count).ToArray();
        rand?.Shuffle(order);
        return new Cursor(Schema, columns, order, [.. columnsNeeded.Select(c => c.Index)], includes);
    }

    /// <summary>Returns one cursor.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private static DataViewSchema CreateSchema(IReadOnlyList<IndexedColumn> columns)
    {
        var builder = new DataViewSchema.Builder();
        foreach (var column in columns)
        {
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        }

        return builder.ToSchema();
    }

    private sealed class Cursor(DataViewSchema schema, IReadOnlyList<IndexedColumn> columns, int[] order, HashSet<int> active, Func<int, bool>? includes) : DataViewRowCursor
    {
        private int _at = -1;
        private long _position = -1;

        public override DataViewSchema Schema => schema;

        public override long Position => _position;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

        public override bool MoveNext()
        {
            while (++_at < order.Length)
            {
                if (includes?.Invoke(order[_at]) ?? true)
                {
                    _position++;
                    return true;
                }
            }

            Dispose();
            return false;
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!active.Contains(column.Index))
            {
                throw new ArgumentException($"The column {column.Name} was not asked for when the cursor was made.", nameof(column));
            }

            return columns[column.Index].Getter(Index) as ValueGetter<TValue>
                ?? throw new ArgumentException($"The column {column.Name} has values of the type {column.Type.RawType}, not {typeof(TValue)}.", nameof(column));
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new((ulong)Index(), 0);

        protected override void Dispose(bool disposing)
        {
            (_at, _position) = (order.Length, -1);
            base.Dispose(disposing);
        }

        private int Index() => _position >= 0 ? order[_at] : throw new InvalidOperationException("The cursor is not on a row: call MoveNext first.");
    }
}
