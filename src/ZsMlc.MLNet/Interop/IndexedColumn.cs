using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>A column whose values are made from the index of the row.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type">Type.</param>
/// <param name="Getter">Makes a <see cref="ValueGetter{TValue}"/> for the rows of one cursor; those of several cursors run side by side.</param>
/// <param name="Annotations">Annotations such as slot names.</param>
internal sealed record IndexedColumn(string Name, DataViewType Type, Func<IndexedRow, Delegate> Getter, DataViewSchema.Annotations? Annotations = null)
{
    /// <summary>A column of texts.</summary>
    public static IndexedColumn Text(string name, Func<int, string> value) =>
        new(name, TextDataViewType.Instance, row => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> v) => v = value(row.Index).AsMemory()));

    /// <summary>A column of lists of texts.</summary>
    public static IndexedColumn Texts(string name, Func<int, IReadOnlyList<string>> values) =>
        new(name, new VectorDataViewType(TextDataViewType.Instance), row => (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> v) => Fill(ref v, values(row.Index))));

    /// <summary>A column of truth values.</summary>
    public static IndexedColumn Boolean(string name, Func<int, bool> value) =>
        new(name, BooleanDataViewType.Instance, row => (ValueGetter<bool>)((ref bool v) => v = value(row.Index)));

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
