using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Filtering;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Filtering;

/// <summary>
/// One pass of a filter. Real rows are let through: their image is not even read. The others gather in a batch, are
/// judged together and kept by the keep rule.
/// </summary>
internal sealed class ClipFilterRun : BatchRun
{
    private readonly ClipFilterSettings _settings;
    private readonly FilterJudge _judge;
    private readonly Action<ClipFilterStatistics> _completed;
    private readonly DataViewRow _row;
    private readonly ValueGetter<bool>? _flag;
    private readonly ImageColumnReader _imageReader;
    private readonly LabelReader _reader;
    private readonly LabelAdder? _adder;
    private readonly ClipFilterTally _tally;
    private readonly LabelHierarchy _hierarchy;
    private readonly IReadOnlyList<string> _labels;
    private readonly int[] _candidateOf;
    private readonly float[] _present;
    private readonly bool[] _kept;
    private readonly List<Judged> _batch = [];
    private readonly float[]?[] _values;
    private readonly SharedLifetime _lifetime;
    private Tensor? _images;

    public ClipFilterRun(ClipFilterMapping mapping, FilterJudge judge, Action<ClipFilterStatistics> completed, DataViewRow row, int capacity)
    {
        (_settings, _judge, _completed, _row) = (mapping.Settings, judge, completed, row);
        _labels = _settings.Labels().All;
        var candidates = _settings.Candidates.ToList();
        _candidateOf = [.. _labels.Select(l => candidates.IndexOf(l))];
        (_hierarchy, _tally) = (_settings.Hierarchy(), new(_settings.Candidates));
        _flag = mapping.Synthetic is { } flag ? row.GetGetter<bool>(row.Schema[flag]) : null;
        _imageReader = new(row, row.Schema[mapping.Image], _settings.MaximumPixels);
        var labels = row.Schema[mapping.Labels];
        _reader = LabelReader.Create(row, labels, _labels, $"Add it to {nameof(ClipFilterOptions)}.{nameof(ClipFilterOptions.Labels)}, or mark real rows, which are not judged, in the column '{_settings.SyntheticColumn}'.");
        _adder = _settings.AddsLabels ? LabelAdder.Create(row, labels, capacity) : null;
        _lifetime = new("pass over rows", () => _images?.Dispose());
        (_present, _kept, _values) = (new float[_labels.Count], new bool[capacity], new float[capacity][]);
    }

    /// <inheritdoc/>
    public override void Read(int slot)
    {
        using var use = _lifetime.Enter();
        if (slot == 0)
        {
            _batch.Clear();
        }

        (_kept[slot], _values[slot]) = (true, null);
        _adder?.Read(slot);
        var synthetic = true;
        _flag?.Invoke(ref synthetic);
        if (!synthetic)
        {
            _tally.CountReal();
            return;
        }

        _reader.Read(_present);
        var labels = Enumerable.Range(0, _labels.Count).Where(i => _present[i] == 1).ToList();
        if (labels.Count == 0)
        {
            _tally.CountUnlabelled();
            _kept[slot] = false;
            return;
        }

        CheckCandidates(labels);
        ReadImage(_batch.Count);
        _batch.Add(new(slot, [.. labels.Select(i => _labels[i])], [.. labels.Select(i => _candidateOf[i]).Where(c => c >= 0)]));
    }

    /// <inheritdoc/>
    public override void Compute(int count)
    {
        using var use = _lifetime.Enter();
        if (_batch.Count == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        var candidates = _settings.Candidates.Count;
        var all = _judge.Values(_images!.narrow(0, 0, _batch.Count), [.. _batch.Select(b => b.Targets)]);
        for (var i = 0; i < _batch.Count; i++)
        {
            Decide(_batch[i], all[(i * candidates)..((i + 1) * candidates)]);
        }
    }

    /// <inheritdoc/>
    public override bool Keep(int slot) => _kept[slot];

    /// <inheritdoc/>
    public override void Complete() => _completed(_tally.Statistics());

    /// <inheritdoc/>
    public override Delegate Getter(int added, Func<int> slot) => _adder is not null && added == 0
        ? _adder.Getter(slot)
        : (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
        {
            var editor = VBufferEditor.Create(ref value, _settings.Candidates.Count);
            if (_values[slot()] is { } values)
            {
                values.CopyTo(editor.Values);
            }
            else
            {
                editor.Values.Fill(float.NaN);
            }

            value = editor.Commit();
        });

    /// <inheritdoc/>
    public override void Dispose() => _lifetime.Dispose();

    // A label that the judge does not know could be wrong unnoticed; one that another label implies is as right as that one.
    private void CheckCandidates(List<int> labels)
    {
        if (labels.Count(i => _candidateOf[i] >= 0) == _settings.Candidates.Count)
        {
            throw new InvalidOperationException($"Row {_row.Position} is to be judged and has all {_settings.Candidates.Count} candidates as its labels, so that none is left to judge them against. Add others to {nameof(ClipFilterOptions)}.{nameof(ClipFilterOptions.Candidates)}.");
        }

        foreach (var label in labels.Where(i => _candidateOf[i] < 0).Select(i => _labels[i]))
        {
            if (!labels.Any(i => _candidateOf[i] >= 0 && _hierarchy.Ancestors(_labels[i]).Contains(label)))
            {
                throw new InvalidOperationException($"Row {_row.Position} is to be judged and has the label '{label}', which is not among the {_settings.Candidates.Count} candidates. Add it to {nameof(ClipFilterOptions)}.{nameof(ClipFilterOptions.Candidates)}, name the labels that imply it in {nameof(ClipFilterOptions.Hierarchy)}, or mark real rows in the column '{_settings.SyntheticColumn}'.");
            }
        }
    }

    private void ReadImage(int index)
    {
        using var scope = NewDisposeScope();
        var pixels = _judge.Cut(ImagePixels.ToTensor(_imageReader.Read())).contiguous();
        _images ??= empty([_kept.Length, .. pixels.shape[1..]], ScalarType.Byte).DetachFromDisposeScope();
        pixels.bytes.CopyTo(_images.bytes[(index * pixels.bytes.Length)..]);
    }

    private void Decide(Judged row, float[] values)
    {
        var kept = new KeepRule(_settings.Threshold).Keep(values, row.Targets);
        (_kept[row.Slot], _values[row.Slot]) = (kept, values);
        IReadOnlyList<int> pseudo = kept && _settings.PseudoLabelThreshold is { } threshold ? PseudoLabels.Find(values, row.Targets, threshold) : [];
        _tally.Count(kept, row.Targets, pseudo);
        if (kept && _adder is not null)
        {
            var all = _hierarchy.WithAncestors(row.Labels.Concat(pseudo.Select(c => _settings.Candidates[c])));
            _adder.Add(row.Slot, [.. all.Skip(row.Labels.Count).Where(_labels.Contains)]);
        }
    }

    /// <summary>A row of the batch.</summary>
    /// <param name="Slot">Its slot among all rows read.</param>
    /// <param name="Labels">Its labels.</param>
    /// <param name="Targets">Those of them that are candidates, as indexes into the candidates.</param>
    private sealed record Judged(int Slot, IReadOnlyList<string> Labels, IReadOnlyList<int> Targets);
}
