using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Classification;

/// <summary>Scores the images of one input schema.</summary>
internal sealed class FusionMapping(FusionClassifier classifier, FusionSettings settings, DataViewSchema input, int imageColumn)
    : BatchMapping(input, Columns(classifier, settings, input), settings.BatchSize)
{
    /// <inheritdoc/>
    public override IReadOnlyList<int> Reads { get; } = [imageColumn];

    /// <inheritdoc/>
    public override SquareImages Squares { get; } = new(imageColumn, classifier.ReadSize, settings.MaximumPixels);

    /// <inheritdoc/>
    public override BatchRun Start(DataViewRow row, int capacity) => new Run(classifier, settings, row, row.Schema[imageColumn], capacity);

    // What the user asks for comes before what the calibration found.
    private static IReadOnlyList<double> Thresholds(FusionClassifier classifier, FusionSettings settings) =>
        [.. classifier.Labels.Select((_, c) => settings.Threshold ?? classifier.Calibration?.Labels[c].Threshold ?? FusionMultiLabelOptions.StandardThreshold)];

    private static AddedColumn[] Columns(FusionClassifier classifier, FusionSettings settings, DataViewSchema input) =>
    [
        new(settings.ScoreColumn, new VectorDataViewType(NumberDataViewType.Single, classifier.Labels.Count), ScoreAnnotations.Scores(input, classifier.Labels, Thresholds(classifier, settings))),
        new(settings.PredictedLabelsColumn, new VectorDataViewType(TextDataViewType.Instance), ScoreAnnotations.PredictedLabels(input)),
    ];

    private sealed class Run : BatchRun
    {
        private readonly FusionClassifier _classifier;
        private readonly FusionSettings _settings;
        private readonly ImageColumnReader _reader;
        private readonly Tensor _images;
        private readonly SharedLifetime _lifetime;
        private readonly IReadOnlyList<double> _thresholds;
        private float[] _scores = [];

        public Run(FusionClassifier classifier, FusionSettings settings, DataViewRow row, DataViewSchema.Column column, int capacity)
        {
            (_classifier, _settings, _reader, _thresholds) = (classifier, settings, new(row, column, settings.MaximumPixels), Thresholds(classifier, settings));
            var size = classifier.ReadSize;
            _images = empty([capacity, 3, size, size], ScalarType.Byte).DetachFromDisposeScope();
            _lifetime = new("pass over rows", _images.Dispose);
        }

        private int Labels => _classifier.Labels.Count;

        public override void Read(int slot)
        {
            using var use = _lifetime.Enter();
            using var scope = NewDisposeScope();
            var pixels = ImagePixels.ToSquare(_reader.Read(), _classifier.ReadSize).bytes;
            pixels.CopyTo(_images.bytes.Slice(slot * pixels.Length, pixels.Length));
        }

        public override void Compute(int count)
        {
            using var use = _lifetime.Enter();
            using var scope = NewDisposeScope();
            _scores = _classifier.Score(_images.narrow(0, 0, count)).data<float>().ToArray();
        }

        public override Delegate Getter(int added, Func<int> slot) => added == 0
            ? (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Copy(Scores(slot()), ref value))
            : (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> value) => IndexedColumn.Fill(ref value, Predicted(slot())));

        public override void Dispose() => _lifetime.Dispose();

        private ReadOnlySpan<float> Scores(int slot) => _scores.AsSpan(slot * Labels, Labels);

        private List<string> Predicted(int slot)
        {
            var scores = Scores(slot).ToArray();
            var ranked = Enumerable.Range(0, Labels).OrderByDescending(c => scores[c]);
            var chosen = _settings.TopK is { } top ? ranked.Take(top) : ranked.Where(c => scores[c] >= _thresholds[c]);
            return [.. chosen.Select(c => _classifier.Labels[c])];
        }

        private static void Copy(ReadOnlySpan<float> scores, ref VBuffer<float> value)
        {
            var editor = VBufferEditor.Create(ref value, scores.Length);
            scores.CopyTo(editor.Values);
            value = editor.Commit();
        }
    }
}
