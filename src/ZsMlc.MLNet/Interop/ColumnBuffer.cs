using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>Holds the values of one column for several rows.</summary>
internal abstract class ColumnBuffer
{
    /// <summary>Creates a buffer for a column of any type.</summary>
    public static ColumnBuffer Create(DataViewRow row, DataViewSchema.Column column, int capacity) =>
        (ColumnBuffer)Activator.CreateInstance(typeof(ColumnBuffer<>).MakeGenericType(column.Type.RawType), row, column, capacity)!;

    /// <summary>Reads the current value into a slot.</summary>
    public abstract void Read(int slot);

    /// <summary>Returns a getter that copies the value of the slot that <paramref name="slot"/> tells.</summary>
    public abstract Delegate Getter(Func<int> slot);

    /// <summary>The memory of a slot's image in bytes; 0 for other values.</summary>
    public abstract long ImageBytes(int slot);

    /// <summary>Puts another image in the place of a slot's.</summary>
    /// <param name="slot">The slot; where it has no image, nothing happens.</param>
    /// <param name="change">Gives the other image and disposes what is no longer needed.</param>
    public abstract void Change(int slot, Func<MLImage, MLImage> change);

    /// <summary>Frees the images. Only for sources that make an image for every reader.</summary>
    public abstract void FreeImages();
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

    /// <summary>Hands a slot's value over. An image is exchanged for the previous one, which the source frees or reuses when the slot is read into again, so that it can be had only once; other values are copied.</summary>
    public void Take(int slot, ref T value)
    {
        if (typeof(T) == typeof(MLImage))
        {
            (value, _values[slot]) = (_values[slot], value);
        }
        else
        {
            s_copy(ref _values[slot], ref value);
        }
    }

    /// <inheritdoc/>
    public override long ImageBytes(int slot) => _values[slot] is MLImage image ? 4L * image.Width * image.Height : 0;

    /// <inheritdoc/>
    public override void Change(int slot, Func<MLImage, MLImage> change)
    {
        if (_values[slot] is MLImage image)
        {
            _values[slot] = (T)(object)change(image);
        }
    }

    /// <inheritdoc/>
    public override void FreeImages()
    {
        foreach (ref var value in _values.AsSpan())
        {
            (value as MLImage)?.Dispose();
            value = default!;
        }
    }

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
