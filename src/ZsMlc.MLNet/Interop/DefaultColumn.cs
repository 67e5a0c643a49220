using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>Columns that hold their type's default value in every row: 0, false, the empty text, the missing key, no image; vectors of these, in their length, or empty where it varies.</summary>
internal static class DefaultColumn
{
    private static readonly MethodInfo s_scalar = Method(nameof(Scalar)), s_vector = Method(nameof(Vector));

    /// <summary>A column named and typed like another one.</summary>
    public static IndexedColumn Like(DataViewSchema.Column column)
    {
        var getter = column.Type is VectorDataViewType vector
            ? (Delegate)s_vector.MakeGenericMethod(vector.ItemType.RawType).Invoke(null, [vector.Size])!
            : (Delegate)s_scalar.MakeGenericMethod(column.Type.RawType).Invoke(null, [])!;
        return new(column.Name, column.Type, _ => getter);
    }

    /// <summary>Numbers that nobody knows: NaN in every slot.</summary>
    /// <param name="name">Name of the column.</param>
    /// <param name="slots">Names of the slots.</param>
    public static IndexedColumn Unknown(string name, IReadOnlyList<string> slots) =>
        new(name, new VectorDataViewType(NumberDataViewType.Single, slots.Count), _ => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
        {
            var editor = VBufferEditor.Create(ref value, slots.Count);
            editor.Values.Fill(float.NaN);
            value = editor.Commit();
        }), Shapes.Slots(slots));

    private static MethodInfo Method(string name) => typeof(DefaultColumn).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;

    private static ValueGetter<T> Scalar<T>() => (ref T value) =>
    {
        // An image that is handed in for reuse is the getter's to free.
        (value as IDisposable)?.Dispose();
        value = default!;
    };

    private static ValueGetter<VBuffer<T>> Vector<T>(int size) =>
        (ref VBuffer<T> value) => value = VBufferEditor.Create(ref value, size, 0).Commit();
}
