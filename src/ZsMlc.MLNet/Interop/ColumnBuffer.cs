using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>Holds the values of one column for the rows of a batch while the network computes.</summary>
internal abstract class ColumnBuffer
{
    /// <summary>Creates a buffer for a column of any type.</summary>
    public static ColumnBuffer Create(DataViewRow row, DataViewSchema.Column column, int capacity) =>
        (ColumnBuffer)Activator.CreateInstance(typeof(ColumnBuffer<>).MakeGenericType(column.Type.RawType), row, column, capacity)!;

    /// <summary>Reads the current value into a slot.</summary>
    public abstract void Read(int slot);

    /// <summary>Returns a getter that copies the value of the slot that <paramref name="slot"/> tells.</summary>
    public abstract Delegate Getter(Func<int> slot);
}

/// <inheritdoc/>
/// <typeparam name="T">Type of the values.</typeparam>
internal sealed class ColumnBuffer<T>(DataViewRow row, DataViewSchema.Column column, int capacity) : ColumnBuffer
{
    private delegate void Copier(ref T from, ref T to);

    private static readonly Copier s_copy = CreateCopier();

    private readonly ValueGetter<T> _source = row.GetGetter<T>(column);

    // Each slot has a value of its own, so that the source may reuse or dispose the slot's previous one, as getters do.
    private readonly T[] _values = new T[capacity];

    /// <inheritdoc/>
    public override void Read(int slot) => _source(ref _values[slot]);

    /// <inheritdoc/>
    public override Delegate Getter(Func<int> slot) => (ValueGetter<T>)((ref T value) => s_copy(ref _values[slot()], ref value));

    private static Copier CreateCopier()
    {
        if (typeof(T) == typeof(MLImage))
        {
            return (ref T from, ref T to) => to = (T)(object)ImagePixels.Replace((MLImage?)(object?)to, (MLImage?)(object?)from)!;
        }

        return typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(VBuffer<>)
            ? typeof(ColumnBuffer<T>).GetMethod(nameof(CopyVector), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(typeof(T).GetGenericArguments()).CreateDelegate<Copier>()
            : (ref T from, ref T to) => to = from;
    }

    private static void CopyVector<TItem>(ref VBuffer<TItem> from, ref VBuffer<TItem> to) => from.CopyTo(ref to);
}
