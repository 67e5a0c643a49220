using Microsoft.ML;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.MicroModels;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>What bfloat16 costs in accuracy on the micro models: in scoring with one model, and in training one.</summary>
internal sealed class Precision : IBenchmark
{
    private const int Epochs = 8;

    public string Name => "precision";

    public string Description => $"Mean loss of every epoch and mAP on the test pictures after {Epochs} epochs on the micro models' pictures (seen labels), from one seed in single precision and in bfloat16, and the mAP of the first model scored in bfloat16 (all of it single precision on processors that are slower in bfloat16).";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        var micro = ZeroShotModels.Micro;
        var ml = new MLContext(1) { GpuDeviceId = options.Device.type == TorchSharp.DeviceType.CUDA ? options.Device.index : null };
        var train = Load(micro.Train);
        var test = Load(micro.Test);
        List<Measurement> rows = [];
        using var single = Fit(ScalarType.Float32, "fp32");
        using var half = Fit(ScalarType.BFloat16, "bf16");
        var (exact, trained) = (Map(single), Map(half));
        single.Classifier.ComputeType = ScalarType.BFloat16;
        var scored = Map(single);
        rows.Add(Measurement.Single("mAP, trained and scored in fp32", "%", exact));
        rows.Add(Measurement.Single("mAP, trained in fp32, scored in bf16", "%", scored));
        rows.Add(Measurement.Single("mAP, trained and scored in bf16", "%", trained));
        rows.Add(Measurement.Single("mAP of one model, bf16 − fp32", "points", scored - exact));
        rows.Add(Measurement.Single("mAP of two models, bf16 − fp32", "points", trained - exact));
        return rows;

        IDataView Load(LabelledPictures pictures)
        {
            var view = ml.Data.LoadFromCoco(pictures.Annotations, pictures.Images, new() { Labels = micro.Seen });
            return options.Smoke ? ml.Data.TakeRows(view, 8) : view;
        }

        FusionMultiLabelTransformer Fit(ScalarType type, string name)
        {
            var model = ml.MultiLabelClassification.Trainers.FusionMultiLabel(new()
            {
                Labels = LabelSet.Create(micro.Seen, []), Clip = micro.Clip, Seed = 1, Precision = type,
                Network = new() { ContextTokens = 8 },

                // The recipe of the micro models' own evaluation.
                Training = new() { Epochs = options.Smoke ? 1 : Epochs, WarmupEpochs = 0, LearningRate = 3e-3, FusionLearningRate = 3, MaxGradientNorm = 2, Cutout = false, RandAugment = false },
            }).Fit(train);
            rows.AddRange(model.Training!.EpochLosses.Select((loss, i) => Measurement.Single($"loss of epoch {i + 1}, {name}", "", loss)));
            return model;
        }

        double Map(FusionMultiLabelTransformer model) => 100 * ml.MultiLabelClassification.Evaluate(model.Transform(test)).MeanAveragePrecision;
    }
}
