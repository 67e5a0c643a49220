using System.Globalization;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Interop;
using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Tuning;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Tunes the text encoder of a store once: later runs, and other shards, use what the first one left there.</summary>
/// <param name="environment">Where messages go.</param>
/// <param name="options">Models and recipe; <see cref="SyntheticUnseenDataOptions.Tuning"/> is set.</param>
/// <param name="plan">The plan, whose label sets are tuned on.</param>
/// <param name="storePath">Folder of the store.</param>
internal sealed class EncoderTuning(IHostEnvironment environment, SyntheticUnseenDataOptions options, GenerationPlan plan, string storePath)
{
    private const string Folder = "tuning", Encoder = "text_encoder.safetensors", Checkpoint = "checkpoint.safetensors";

    /// <summary>Gets the path of the tuned encoder, which exists once tuning is done.</summary>
    public string EncoderPath => Path.Combine(storePath, Folder, Encoder);

    /// <summary>Gets whether there is something left to do.</summary>
    public bool IsNeeded => !File.Exists(EncoderPath);

    /// <summary>Throws when a shard comes before the tuning: shards would tune side by side, and not alike.</summary>
    /// <exception cref="InvalidOperationException">This is one of several shards and tuning is not done.</exception>
    public void CheckShard()
    {
        if (IsNeeded && options.Shard.Count > 1)
        {
            throw new InvalidOperationException(
                $"Shard {options.Shard.Index} of {options.Shard.Count} needs a tuned text encoder, and {EncoderPath} does not exist. "
                + $"Fit with {nameof(options.Shard)} = Shard.Whole first and cancel when images begin, give the file as {nameof(options.TextEncoder)}, or set {nameof(options.Tuning)} to null.");
        }
    }

    /// <summary>Tunes, going on from the store's checkpoint, and writes the encoder.</summary>
    /// <param name="prompts">The prompts of a label set.</param>
    /// <param name="device">Where the networks run.</param>
    /// <exception cref="OperationCanceledException">Tuning was cancelled; the checkpoint keeps what was done.</exception>
    public void Run(Func<PlannedSet, IReadOnlyList<string>> prompts, Device device)
    {
        var checkpoint = Path.Combine(storePath, Folder, Checkpoint);
        Directory.CreateDirectory(Path.GetDirectoryName(checkpoint)!);
        using var scope = NewDisposeScope();

        // Tuning wants single precision, whatever images are made in.
        using var pipeline = StableDiffusionPipeline.FromPretrained(options.Source.ModelPath!, device);
        using var clip = ClipModel.FromPretrained(options.TuningClip ?? options.AcceptanceFilter!.Clip, device);
        using var judge = new ClipDiscriminator(clip, options.Labels.Unseen, options.AcceptanceFilter?.Template ?? "{0}");
        var recipe = options.Tuning! with { CheckpointPath = checkpoint };
        var result = TextEncoderTuner.Tune(pipeline, judge, step => Samples(step, prompts), recipe, new Messages(environment, options), options.CancellationToken);
        TunedTextEncoder.Write(EncoderPath, pipeline, result);
        File.Delete(checkpoint);
    }

    // Slots stand for label sets as often as these are asked for.
    private IReadOnlyList<TuningSample> Samples(int step, Func<PlannedSet, IReadOnlyList<string>> prompts)
    {
        var samples = new TuningSample[options.Tuning!.BatchSize];
        for (var i = 0; i < samples.Length; i++)
        {
            var random = new SampleRandom(plan.Settings.Seed, $"tuning/{options.Tuning.Seed}/{step}/{i}");
            var set = plan.SetOf(random.Next(plan.Count));
            var lines = prompts(set);
            samples[i] = new(lines[random.Next(lines.Count)], [.. set.Labels.Select(l => options.Labels.IndexOf(l) - options.Labels.Seen.Count)]);
        }

        return samples;
    }

    private sealed class Messages(IHostEnvironment environment, SyntheticUnseenDataOptions options) : IProgress<TuningProgress>
    {
        public void Report(TuningProgress value)
        {
            options.TuningProgress?.Report(value);
            options.Progress?.Report(new(GenerationPhase.Tuning, value.Iteration, value.Iterations, 0, 0));
            if (value.Iteration % Math.Max(1, value.Iterations / 20) == 0 || value.Iteration == value.Iterations)
            {
                environment.Info(nameof(SyntheticUnseenDataEstimator), string.Create(CultureInfo.InvariantCulture,
                    $"Tuning step {value.Iteration} of {value.Iterations}: loss {value.Loss:g4}, V of the asked labels {value.TargetValue:f3}."));
            }
        }
    }
}
