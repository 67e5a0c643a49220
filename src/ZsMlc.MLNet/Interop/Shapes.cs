using Microsoft.ML;
using Microsoft.ML.Data;
using static Microsoft.ML.SchemaShape.Column;

namespace ZsMlc.MLNet.Interop;

/// <summary>Columns as an estimator sees them before it is fitted.</summary>
internal static class Shapes
{
    private const string SlotNames = "SlotNames", ToCome = "ZsMlcRowsToCome";

    /// <summary>The annotation that names the slots of a vector column.</summary>
    public static SchemaShape.Column SlotNamesColumn => new(SlotNames, VectorKind.Vector, TextDataViewType.Instance, false);

    /// <summary>The columns of a view.</summary>
    public static SchemaShape Of(DataViewSchema schema) => SchemaShape.Create(schema);

    /// <summary>A column of single values.</summary>
    public static SchemaShape.Column Scalar(string name, DataViewType item) => new(name, VectorKind.Scalar, item, false);

    /// <summary>A column of vectors of one length, with or without slot names.</summary>
    public static SchemaShape.Column Vector(string name, DataViewType item, bool slotNames = false) =>
        new(name, VectorKind.Vector, item, false, slotNames ? new SchemaShape([SlotNamesColumn]) : null);

    /// <summary>A column of vectors of varying length.</summary>
    public static SchemaShape.Column VariableVector(string name, DataViewType item) => new(name, VectorKind.VariableVector, item, false);

    /// <summary>The column with news of rows that do not exist yet.</summary>
    public static SchemaShape.Column With(this SchemaShape.Column column, RowsToCome rows) =>
        new(column.Name, column.Kind, column.ItemType, column.IsKey, new(column.Annotations.Where(a => a.Name != ToCome).Append(new(ToCome, VectorKind.Scalar, rows, false))));

    /// <summary>The news of rows that do not exist yet, or <see langword="null"/> where there is none.</summary>
    public static RowsToCome? RowsToCome(this SchemaShape.Column column) =>
        column.Annotations.TryFindColumn(ToCome, out var found) ? found.ItemType as RowsToCome : null;

    /// <summary>The input with columns added; a column of the same name replaces the old one.</summary>
    public static SchemaShape With(this SchemaShape input, params SchemaShape.Column[] added) =>
        new(input.Where(c => !added.Any(a => a.Name == c.Name)).Concat(added));

    /// <summary>Looks up a column by name.</summary>
    public static SchemaShape.Column? Find(this SchemaShape input, string name) => input.TryFindColumn(name, out var column) ? column : null;

    /// <summary>Whether a vector column names its slots.</summary>
    public static bool NamesSlots(this SchemaShape.Column column) => column.HasSlotNames();

    /// <summary>The type in words, as in "Vector&lt;Single&gt;".</summary>
    public static string Describe(this SchemaShape.Column column) => column.GetTypeString();

    /// <summary>Annotations that name the slots of a vector column.</summary>
    public static DataViewSchema.Annotations Slots(IReadOnlyList<string> names)
    {
        var texts = names.Select(n => n.AsMemory()).ToArray();
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddSlotNames(texts.Length, (ref VBuffer<ReadOnlyMemory<char>> value) => new VBuffer<ReadOnlyMemory<char>>(texts.Length, texts).CopyTo(ref value));
        return builder.ToAnnotations();
    }

    /// <summary>The slot names of a column, or <see langword="null"/> where it has none.</summary>
    public static IReadOnlyList<string>? SlotNamesOf(DataViewSchema.Column column)
    {
        if (!column.HasSlotNames())
        {
            return null;
        }

        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(n => n.ToString())];
    }
}
