using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet.Datasets;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Filtering;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Views of a store's accepted images: by themselves, and behind the rows that a model is trained on.</summary>
internal sealed class SyntheticRows
{
    private readonly GenerationSettings _settings;
    private readonly LabelSet _labels;
    private readonly IReadOnlyList<SyntheticSample> _samples;
    private readonly IReadOnlyList<IReadOnlyList<string>> _names;

    /// <summary>Creates views of samples.</summary>
    /// <param name="settings">Columns, labels and their hierarchy.</param>
    /// <param name="samples">Accepted samples.</param>
    public SyntheticRows(GenerationSettings settings, IReadOnlyList<SyntheticSample> samples)
    {
        (_settings, _labels, _samples) = (settings, settings.Labels(), samples);
        _names = [.. samples.Select(s => (IReadOnlyList<string>)[.. s.Labels.Concat(s.PseudoLabels).Distinct(StringComparer.Ordinal).Where(_labels.Contains)])];
    }

    /// <summary>The images with their labels as Vector&lt;Text&gt;, the flag, the prompt and the path of the file. Images are decoded when a row is read.</summary>
    public IDataView View() => new IndexedDataView(_samples.Count,
    [
        Image(), IndexedColumn.Texts(_settings.LabelColumn, i => _names[i]), Flag(), Prompt(), IndexedColumn.Text(ImageRows.PathColumn, Path),
    ]);

    /// <summary>The rows of a view, marked as real ones, and behind them the images; columns that these do not have hold their type's default.</summary>
    /// <param name="input">The real rows.</param>
    public IDataView AppendTo(IDataView input)
    {
        var real = RealRows.Prepare(input, _settings, _labels);
        return new AppendedDataView(real, new IndexedDataView(_samples.Count, [.. real.Schema.Where(c => !c.IsHidden).Select(Column)]));
    }

    private IndexedColumn Column(DataViewSchema.Column column) => column switch
    {
        _ when column.Name == _settings.ImageColumn => Image(),
        _ when column.Name == _settings.SyntheticColumn => Flag(),
        _ when column.Name == _settings.PromptColumn => Prompt(),
        _ when column.Name == _settings.LabelColumn => column.Type.GetItemType() is TextDataViewType ? IndexedColumn.Texts(column.Name, i => _names[i]) : Numbers(column),

        // The loaders' column of that name tells where a picture lies.
        { Name: ImageRows.PathColumn, Type: TextDataViewType } => IndexedColumn.Text(column.Name, Path),
        _ => DefaultColumn.Like(column),
    };

    private IndexedColumn Image() =>
        ImageFileColumn.Create(_settings.ImageColumn, Path, new());

    private IndexedColumn Flag() => IndexedColumn.Boolean(_settings.SyntheticColumn, _ => true);

    private IndexedColumn Prompt() => IndexedColumn.Text(_settings.PromptColumn, i => _samples[i].Prompt);

    private string Path(int row) => _samples[row].ImagePath!;

    // An image speaks for the unseen labels; of the others nothing is known but what the hierarchy implies.
    private IndexedColumn Numbers(DataViewSchema.Column column)
    {
        var slots = Shapes.SlotNamesOf(column)!;
        var unseen = slots.Select(s => _labels.IsUnseen(s)).ToArray();
        return new(column.Name, column.Type, row => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
        {
            var names = _names[row.Index];
            var editor = VBufferEditor.Create(ref value, slots.Count);
            for (var i = 0; i < slots.Count; i++)
            {
                editor.Values[i] = names.Contains(slots[i], StringComparer.Ordinal) ? 1 : unseen[i] ? 0 : float.NaN;
            }

            value = editor.Commit();
        }));
    }
}
