using TorchSharp;
using ZsMlc.Benchmarks;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.DeviceCheck.Harness;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.DeviceCheck.Steps;

/// <summary>The benchmarks of scoring, training and filtering at batch 256, in TF32 and bfloat16, with the share of the measured matrix-product peak.</summary>
internal sealed class Throughput : ICheckStep
{
    private const int Batch = 256, PeakSize = 8192;

    public string Number => "5";

    public string Title => "classify, train, filter";

    public IEnumerable<Finding> Run(CheckOptions options)
    {
        BenchmarkOptions benchmark = new(options.Smoke ? 1 : 3, get_num_threads(), options.Device, options.Smoke ? 2 : Batch, options.Smoke);
        if (benchmark.Device.type == DeviceType.CUDA)
        {
            yield return Peak(benchmark, ScalarType.Float32, tf32: false, "fp32");
            (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = (true, true);
        }

        var peaks = new Dictionary<string, double>();
        foreach (var (type, name) in DeviceClock.Precisions)
        {
            var peak = Peak(benchmark, type, tf32: true, name == "fp32" ? "TF32" : name);
            peaks[name] = peak.Value!.Value;
            yield return peak;
        }

        foreach (var (name, run, flops) in Benchmarks(options))
        {
            foreach (var row in run.Run(benchmark).Where(r => r.Unit == "images/s"))
            {
                var precision = row.Name.EndsWith("bf16", StringComparison.Ordinal) ? "bf16" : "fp32";
                var share = options.Smoke ? "" : FormattableString.Invariant($", {row.Median * flops / 1e12 / peaks[precision]:P1} of the matrix product's rate");
                yield return new($"{name}: {row.Name.Replace("fp32", "TF32", StringComparison.Ordinal)}", row.Median, row.Unit, Note: FormattableString.Invariant($"{row.Min:0} to {row.Max:0}") + share);
            }
        }

        if (CudaDriver.Memory() is { } memory)
        {
            yield return new("memory taken by this process's networks, kept memory included", (memory.Total - memory.Free) / 1e9, "GB");
        }
    }

    /// <summary>The benchmarks, with the floating-point operations of an image: those of the tower, three times in training less the frozen weights' third.</summary>
    private static IEnumerable<(string Name, IBenchmark Run, double Flops)> Benchmarks(CheckOptions options)
    {
        var resNet = TowerCost.OfResNet(ClipConfig.RN50.Vision, ClipConfig.RN50.EmbedDim);
        return
        [
            ("filter", new Filter(), TowerCost.OfTransformer(ClipConfig.ViTB32.Vision)),
            ("classify", new Classify(), resNet),
            ("train", new Train(), 2 * resNet),
        ];
    }

    private static Finding Peak(BenchmarkOptions options, ScalarType type, bool tf32, string name)
    {
        using var scope = NewDisposeScope();
        var size = options.Smoke ? 64 : PeakSize;
        if (options.Device.type == DeviceType.CUDA)
        {
            backends.cuda.matmul.allow_tf32 = tf32;
        }

        var (a, b) = (randn(size, size, type, options.Device), randn(size, size, type, options.Device));
        const int products = 10;
        var seconds = Measurement.Time(() => DeviceClock.Run(options, () =>
        {
            for (var i = 0; i < products; i++)
            {
                a.mm(b).Dispose();
            }
        }), options.Runs);
        return new($"matrix product {size}³, {name}", products * 2.0 * size * size * size / 1e12 / seconds.Order().ElementAt(seconds.Length / 2), "TFLOP/s");
    }
}
