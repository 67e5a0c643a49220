using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>Replaces a vector column by a longer one of the same name.</summary>
/// <typeparam name="T">Type of the items.</typeparam>
/// <param name="input">Schema of the rows that come in.</param>
/// <param name="column">The column to replace.</param>
/// <param name="added">The column that replaces it; without a size it takes vectors of any length as they are.</param>
/// <param name="filler">Value of the further items.</param>
internal sealed class WidenedVector<T>(DataViewSchema input, DataViewSchema.Column column, AddedColumn added, T filler)
    : BatchMapping(input, [added], 1)
{
    /// <inheritdoc/>
    public override bool UsesNetwork => false;

    /// <inheritdoc/>
    public override IReadOnlyList<int> Reads { get; } = [column.Index];

    /// <inheritdoc/>
    public override BatchRun Start(DataViewRow row, int capacity) =>
        new Run(row.GetGetter<VBuffer<T>>(row.Schema[column.Index]), capacity, ((VectorDataViewType)added.Type).Size, filler);

    private sealed class Run(ValueGetter<VBuffer<T>> source, int capacity, int size, T filler) : BatchRun
    {
        private readonly VBuffer<T>[] _values = new VBuffer<T>[capacity];

        public override void Read(int slot) => source(ref _values[slot]);

        public override void Compute(int count)
        {
        }

        public override Delegate Getter(int added, Func<int> slot) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) =>
        {
            ref var from = ref _values[slot()];
            var editor = VBufferEditor.Create(ref value, Math.Max(size, from.Length));
            from.CopyTo(editor.Values);
            editor.Values[from.Length..].Fill(filler);
            value = editor.Commit();
        });
    }
}
