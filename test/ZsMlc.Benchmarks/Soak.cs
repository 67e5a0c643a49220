using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.MicroModels;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;

namespace ZsMlc.Benchmarks;

/// <summary>Live tensors and resident memory over thousands of images and hundreds of training steps: both must stay.</summary>
internal sealed class Soak : IBenchmark
{
    public string Name => "soak";

    public string Description => "Micro models: resident memory and live tensors before and after --runs passes of 800 images through Transform (with --batch 1 every image is a batch), and of a fit of 304 steps after a fit of 38.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        var ml = new MLContext(seed: 7);
        var micro = ZeroShotModels.Micro;
        var labels = LabelSet.Create(micro.Seen, micro.Unseen);
        IDataView Pictures(LabelledPictures set) => ml.Data.LoadFromCoco(set.Annotations, set.Images, new() { Labels = labels.All });
        FusionMultiLabelTransformer Fit(int epochs) => ml.MultiLabelClassification.Trainers
            .FusionMultiLabel(new() { Labels = labels, Clip = micro.Clip, Network = new() { ContextTokens = 4 }, Epochs = epochs, BatchSize = 8, ScoringBatchSize = options.Batch })
            .Fit(Pictures(micro.Validation));

        List<Measurement> rows = [];
        using var model = Fit(1);
        var scored = model.Transform(Pictures(micro.Test));
        void Score() => scored.GetColumn<float[]>("Score").Count();
        Score();
        Measure(rows, $"{options.Runs} × 800 images through Transform, in batches of {options.Batch}", () =>
        {
            for (var i = 0; i < options.Runs; i++)
            {
                Score();
            }
        });
        Fit(1).Dispose();
        Measure(rows, "a fit of 304 steps", () => Fit(options.Smoke ? 1 : 8).Dispose());
        return rows;
    }

    private static void Measure(List<Measurement> rows, string name, Action work)
    {
        (long Tensors, double Memory) Now()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            return (DisposeScopeManager.Statistics.ThreadTotalLiveCount, ProcessMemory.CurrentMegabytes);
        }

        var before = Now();
        work();
        var after = Now();
        rows.Add(Measurement.Single($"{name}: live tensors more than before", "", after.Tensors - before.Tensors));
        rows.Add(Measurement.Single($"{name}: resident memory before", "MB", before.Memory));
        rows.Add(Measurement.Single($"{name}: resident memory after", "MB", after.Memory));
    }
}
