using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.Filtering;

/// <summary>Judges the rows of one input schema.</summary>
internal sealed class ClipFilterMapping : BatchMapping
{
    private readonly FilterJudge _judge;
    private readonly Action<ClipFilterStatistics> _completed;

    /// <summary>Creates the mapping.</summary>
    /// <param name="settings">Rule and columns.</param>
    /// <param name="judge">The judge; it stays the caller's.</param>
    /// <param name="input">Schema of the rows that come in.</param>
    /// <param name="completed">Told the counts of every whole pass.</param>
    /// <param name="cancellationToken">Stops a pass between batches.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public ClipFilterMapping(ClipFilterSettings settings, FilterJudge judge, DataViewSchema input, Action<ClipFilterStatistics> completed, CancellationToken cancellationToken)
        : base(input, Columns(settings, input), settings.BatchSize)
    {
        (Settings, _judge, _completed, CancellationToken) = (settings, judge, completed, cancellationToken);
        Image = Interop.Columns.Image(input, settings.ImageColumn, nameof(ClipFilterOptions.ImageColumn)).Index;
        Labels = Interop.Columns.Labels(input, settings.LabelColumn, nameof(ClipFilterOptions.LabelColumn)).Index;
        Synthetic = Interop.Columns.Flag(input, settings.SyntheticColumn, nameof(ClipFilterOptions.SyntheticColumn))?.Index;
        Reads = Synthetic is { } flag ? [Image, Labels, flag] : [Image, Labels];
    }

    /// <summary>Gets rule and columns.</summary>
    public ClipFilterSettings Settings { get; }

    /// <summary>Gets the index of the column of images.</summary>
    public int Image { get; }

    /// <summary>Gets the index of the column of labels.</summary>
    public int Labels { get; }

    /// <summary>Gets the index of the column that marks synthetic rows, or <see langword="null"/> where every row is judged.</summary>
    public int? Synthetic { get; }

    /// <summary>Gets whether every row is judged: of real rows not even the image is read.</summary>
    public override bool ReadsEveryRow => Synthetic is null;

    /// <inheritdoc/>
    public override IReadOnlyList<int> Reads { get; }

    /// <inheritdoc/>
    public override CancellationToken CancellationToken { get; }

    /// <inheritdoc/>
    public override BatchRun Start(DataViewRow row, int capacity) => new ClipFilterRun(this, _judge, _completed, row, capacity);

    private static List<AddedColumn> Columns(ClipFilterSettings settings, DataViewSchema input)
    {
        List<AddedColumn> added = [];
        if (settings.AddsLabels)
        {
            var labels = Interop.Columns.Labels(input, settings.LabelColumn, nameof(ClipFilterOptions.LabelColumn));
            var names = labels.Type.GetItemType() is TextDataViewType;
            added.Add(new(settings.LabelColumn, names ? new VectorDataViewType(TextDataViewType.Instance) : labels.Type, names ? null : Shapes.Slots(Shapes.SlotNamesOf(labels)!)));
        }

        if (settings.ScoresColumn is { } scores)
        {
            added.Add(new(scores, new VectorDataViewType(NumberDataViewType.Single, settings.Candidates.Count), Shapes.Slots(settings.Candidates)));
        }

        return added;
    }
}
