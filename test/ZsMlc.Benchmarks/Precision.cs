using Microsoft.ML;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.MicroModels;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>What bfloat16 costs in accuracy: the same training, from the same seed, in both precisions on the micro models.</summary>
internal sealed class Precision : IBenchmark
{
    private const int Epochs = 3;

    public string Name => "precision";

    public string Description => $"Mean loss of every epoch and mAP on the test pictures after {Epochs} epochs on the micro models' pictures (seen labels), in single precision and in bfloat16.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        var micro = ZeroShotModels.Micro;
        var ml = new MLContext(1) { GpuDeviceId = options.Device.type == TorchSharp.DeviceType.CUDA ? options.Device.index : null };
        var train = Load(micro.Train);
        var test = Load(micro.Test);
        List<Measurement> rows = [];
        List<double> scores = [];
        foreach (var (type, name) in DeviceClock.Precisions)
        {
            using var model = Fit(type);
            rows.AddRange(model.Training!.EpochLosses.Select((loss, i) => Measurement.Single($"loss of epoch {i + 1}, {name}", "", loss)));
            scores.Add(Map(model));
            rows.Add(Measurement.Single($"mAP, trained and scored in {name}", "%", scores[^1]));
        }

        rows.Add(Measurement.Single("mAP, bf16 − fp32", "points", scores[1] - scores[0]));
        return rows;

        IDataView Load(LabelledPictures pictures)
        {
            var view = ml.Data.LoadFromCoco(pictures.Annotations, pictures.Images, new() { Labels = micro.Seen });
            return options.Smoke ? ml.Data.TakeRows(view, 8) : view;
        }

        FusionMultiLabelTransformer Fit(ScalarType type) => ml.MultiLabelClassification.Trainers.FusionMultiLabel(new()
        {
            Labels = LabelSet.Create(micro.Seen, []), Clip = micro.Clip, Epochs = options.Smoke ? 1 : Epochs, Seed = 1, Precision = type,
        }).Fit(train);

        double Map(FusionMultiLabelTransformer model) => 100 * ml.MultiLabelClassification.Evaluate(model.Transform(test)).MeanAveragePrecision;
    }
}
