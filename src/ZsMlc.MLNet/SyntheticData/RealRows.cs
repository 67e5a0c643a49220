using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Makes room for synthetic rows among real ones.</summary>
internal static class RealRows
{
    /// <summary>Adds the flag (false) and the prompt (empty) where they are missing; takes labels of a fixed length to any length, and numbers to a slot for every unseen label (NaN, unknown).</summary>
    /// <param name="input">The real rows.</param>
    /// <param name="settings">Columns.</param>
    /// <param name="labels">The labels.</param>
    public static IDataView Prepare(IDataView input, GenerationSettings settings, LabelSet labels)
    {
        var column = Columns.Labels(input.Schema, settings.LabelColumn, nameof(SyntheticUnseenDataOptions.LabelColumn));
        var view = Widening(input.Schema, column, labels) is { } widening ? new BatchedDataView(input, widening) : input;
        return new ConstantDataView(view, Marks(view.Schema, settings));
    }

    /// <summary>Adds the flag (false) and the prompt (empty) where they are missing.</summary>
    /// <param name="schema">Schema of the real rows.</param>
    /// <param name="settings">Columns.</param>
    public static ConstantMapping Marks(DataViewSchema schema, GenerationSettings settings)
    {
        IndexedColumn[] marks = [IndexedColumn.Boolean(settings.SyntheticColumn, _ => false), IndexedColumn.Text(settings.PromptColumn, _ => "")];
        return new(schema, [.. marks.Where(m => schema.GetColumnOrNull(m.Name) is null)]);
    }

    private static BatchMapping? Widening(DataViewSchema schema, DataViewSchema.Column column, LabelSet labels)
    {
        var type = (VectorDataViewType)column.Type;
        if (type.ItemType is TextDataViewType)
        {
            return type.Size == 0 ? null : new WidenedVector<ReadOnlyMemory<char>>(schema, column, new(column.Name, new VectorDataViewType(TextDataViewType.Instance)), default);
        }

        var slots = Shapes.SlotNamesOf(column)!;
        string[] all = [.. slots, .. labels.Unseen.Except(slots, StringComparer.Ordinal)];
        return all.Length == slots.Count ? null
            : new WidenedVector<float>(schema, column, new(column.Name, new VectorDataViewType(NumberDataViewType.Single, all.Length), Shapes.Slots(all)), float.NaN);
    }
}
