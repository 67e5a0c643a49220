using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ZsMlc.MLNet.Interop;

/// <summary>Finds the columns that a component needs and says what is wrong with them.</summary>
internal static class Columns
{
    private const string NoImages = " ML.NET's ShuffleRows, Cache and AppendCacheCheckpoint leave out columns of images: do without them (the trainer shuffles and keeps the images itself), or put them before the step that loads the images.";

    /// <summary>The image column of a schema.</summary>
    /// <param name="schema">Schema of the data.</param>
    /// <param name="name">Name of the column.</param>
    /// <param name="option">Name of the option that chose the column.</param>
    /// <exception cref="ArgumentException">The column is missing or holds no images.</exception>
    public static DataViewSchema.Column Image(DataViewSchema schema, string name, string option)
    {
        var column = schema.GetColumnOrNull(name) ?? throw Missing(name, option, schema.Where(c => !c.IsHidden).Select(c => c.Name), NoImages);
        return column.Type is ImageDataViewType ? column : throw Mistyped(name, option, column.Type.ToString()!, "images (MLImage), as the loaders on ml.Data and LoadImages give them");
    }

    /// <summary>A column of any type.</summary>
    /// <exception cref="ArgumentException">The column is missing.</exception>
    public static DataViewSchema.Column Any(DataViewSchema schema, string name, string option) =>
        schema.GetColumnOrNull(name) ?? throw Missing(name, option, schema.Where(c => !c.IsHidden).Select(c => c.Name));

    /// <summary>The column of labels: texts, or numbers whose slots are named.</summary>
    /// <exception cref="ArgumentException">The column is missing or of another type.</exception>
    public static DataViewSchema.Column Labels(DataViewSchema schema, string name, string option)
    {
        var column = Any(schema, name, option);
        CheckLabels(name, option, column.Type.ToString()!, column.Type is VectorDataViewType, column.Type.GetItemType(), column.HasSlotNames());
        if (column.Type.GetItemType() is not TextDataViewType && Shapes.SlotNamesOf(column)!.GroupBy(s => s, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"The column '{name}' ({option}) has {twice.Count()} slots named '{twice.Key}'; every label needs a slot of its own.");
        }

        return column;
    }

    /// <summary>A Boolean column, or <see langword="null"/> where the data has none of that name.</summary>
    /// <exception cref="ArgumentException">The column is of another type.</exception>
    public static DataViewSchema.Column? Flag(DataViewSchema schema, string name, string option)
    {
        var column = schema.GetColumnOrNull(name);
        return column is null or { Type: BooleanDataViewType } ? column : throw Mistyped(name, option, column.Value.Type.ToString()!, "Boolean");
    }

    /// <summary>Checks the image column before the estimator is fitted.</summary>
    /// <exception cref="ArgumentException">The column is missing or holds no images.</exception>
    public static void CheckImage(SchemaShape shape, string name, string option)
    {
        var column = shape.Find(name) ?? throw Missing(name, option, shape.Select(c => c.Name), NoImages);
        if (column.ItemType is not ImageDataViewType || column.Kind != SchemaShape.Column.VectorKind.Scalar)
        {
            throw Mistyped(name, option, column.Describe(), "images (MLImage), as the loaders on ml.Data and LoadImages give them");
        }
    }

    /// <summary>Checks the label column before the estimator is fitted.</summary>
    /// <exception cref="ArgumentException">The column is missing or of another type.</exception>
    public static void CheckLabels(SchemaShape shape, string name, string option)
    {
        var column = Any(shape, name, option);
        CheckLabels(name, option, column.Describe(), column.Kind != SchemaShape.Column.VectorKind.Scalar && !column.IsKey, column.ItemType, column.NamesSlots());
    }

    /// <summary>Checks a column that may be missing.</summary>
    /// <exception cref="ArgumentException">The column is there, with another type.</exception>
    public static void CheckScalar(SchemaShape shape, string name, string option, PrimitiveDataViewType type)
    {
        if (shape.Find(name) is { } column && (column.Kind != SchemaShape.Column.VectorKind.Scalar || !column.ItemType.Equals(type)))
        {
            throw Mistyped(name, option, column.Describe(), $"{type} or no such column");
        }
    }

    private static SchemaShape.Column Any(SchemaShape shape, string name, string option) =>
        shape.Find(name) ?? throw Missing(name, option, shape.Select(c => c.Name));

    private static void CheckLabels(string name, string option, string type, bool vector, DataViewType item, bool slotNames)
    {
        if (vector && item is TextDataViewType)
        {
            return;
        }

        if (!vector || !item.Equals(NumberDataViewType.Single))
        {
            throw Mistyped(name, option, type, "Vector<Text> (the labels that apply) or Vector<Single> with slot names (1 present, 0 absent, NaN unknown)");
        }

        if (!slotNames)
        {
            throw new ArgumentException($"The column '{name}' ({option}) has the type {type} without slot names; they are needed to tell which number belongs to which label.");
        }
    }

    private static ArgumentException Missing(string name, string option, IEnumerable<string> present, string hint = "") =>
        new($"The data has no column '{name}' ({option}). It has: {string.Join(", ", present.Distinct())}.{hint}");

    private static ArgumentException Mistyped(string name, string option, string found, string expected) =>
        new($"The column '{name}' ({option}) has the type {found}; expected {expected}.");
}
