using Microsoft.ML;
using Microsoft.ML.Data;
using static Microsoft.ML.SchemaShape.Column;

namespace ZsMlc.MLNet.Interop;

/// <summary>The annotations by which ML.NET knows the columns of a scorer.</summary>
/// <remarks>
/// ML.NET has no kind of its own for several labels a row. Its kind for a vector with one score a class, whose slots are
/// named, is MulticlassClassification, which its own object detection uses for several labels an image too; so it is used
/// here. What it does not promise here is that scores sum to one.
/// </remarks>
internal static class ScoreAnnotations
{
    private const string ThresholdsKind = "Thresholds";

    /// <summary>Annotations of the column of scores: names, kind, the set that a model's columns share, that values are probabilities, and from where on each label is predicted.</summary>
    public static DataViewSchema.Annotations Scores(DataViewSchema input, IReadOnlyList<string> labels, IReadOnlyList<double> thresholds)
    {
        var builder = Common(input, AnnotationUtils.Const.ScoreValueKind.Probability);
        builder.Add(Shapes.Slots(labels), _ => true);
        builder.Add(ThresholdsKind, new VectorDataViewType(NumberDataViewType.Double, thresholds.Count),
            (ref VBuffer<double> value) => new VBuffer<double>(thresholds.Count, [.. thresholds]).CopyTo(ref value));
        return builder.ToAnnotations();
    }

    /// <summary>The least scores at which the labels of a column are predicted, or <see langword="null"/> where it does not say so.</summary>
    public static IReadOnlyList<double>? Thresholds(DataViewSchema.Column scores)
    {
        if (scores.Annotations.Schema.GetColumnOrNull(ThresholdsKind) is not { Type: VectorDataViewType { ItemType: NumberDataViewType item } type }
            || !item.Equals(NumberDataViewType.Double) || type.Size != (scores.Type as VectorDataViewType)?.Size)
        {
            return null;
        }

        VBuffer<double> values = default;
        scores.Annotations.GetValue(ThresholdsKind, ref values);
        return [.. values.DenseValues()];
    }

    /// <summary>Annotations of the column of predicted labels.</summary>
    public static DataViewSchema.Annotations PredictedLabels(DataViewSchema input) =>
        Common(input, AnnotationUtils.Const.ScoreValueKind.PredictedLabel).ToAnnotations();

    /// <summary>The column of scores, with the annotations that it will have.</summary>
    public static SchemaShape.Column ScoresShape(string name) =>
        new(name, VectorKind.Vector, NumberDataViewType.Single, false, new SchemaShape([Shapes.SlotNamesColumn, Shapes.Vector(ThresholdsKind, NumberDataViewType.Double), .. AnnotationUtils.GetTrainerOutputAnnotation()]));

    /// <summary>The column of predicted labels, with the annotations that it will have.</summary>
    public static SchemaShape.Column PredictedLabelsShape(string name) =>
        new(name, VectorKind.VariableVector, TextDataViewType.Instance, false, new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation()));

    private static DataViewSchema.Annotations.Builder Common(DataViewSchema input, string valueKind)
    {
        var set = input.GetMaxAnnotationKind(out _, AnnotationUtils.Kinds.ScoreColumnSetId) + 1;
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(AnnotationUtils.Kinds.ScoreColumnSetId, AnnotationUtils.ScoreColumnSetIdType, (ref uint value) => value = set);
        builder.Add(AnnotationUtils.Kinds.ScoreColumnKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification.AsMemory());
        builder.Add(AnnotationUtils.Kinds.ScoreValueKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = valueKind.AsMemory());
        return builder;
    }
}
