using System.Text.Json;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion.Files;
using ZsMlc.Torch.Filtering;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Tuning;

/// <summary>
/// Tunes the diffusion model's text encoders so that CLIP recognises what was asked for: the asymmetric loss on the
/// grouping softmax V of sampled images, back through decoder and denoiser. Nothing else changes.
/// </summary>
public sealed class TextEncoderTuner
{
    private const string Encoder = "encoder.", StepsName = "steps", LossesName = "losses", ValuesName = "values";

    private readonly StableDiffusionPipeline _pipeline;
    private readonly ClipDiscriminator _judge;
    private readonly TextEncoderTuningOptions _options;

    private TextEncoderTuner(StableDiffusionPipeline pipeline, ClipDiscriminator judge, TextEncoderTuningOptions options) =>
        (_pipeline, _judge, _options) = (pipeline, judge, options);

    /// <summary>Tunes the text encoder of a pipeline in place. On a CPU the same seed and samples give the same weights, also across an interruption; on a GPU they agree to rounding only.</summary>
    /// <param name="pipeline">The diffusion model; its weights must be in single precision for training.</param>
    /// <param name="judge">The judge, on the same device.</param>
    /// <param name="samples">What the images of a step (counted from 0) are to show: <see cref="TextEncoderTuningOptions.BatchSize"/> of them. Must not depend on earlier calls.</param>
    /// <param name="options">The recipe.</param>
    /// <param name="progress">Told after every step, or null.</param>
    /// <param name="cancellation">Ends the run; the checkpoint keeps what was done.</param>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="CheckpointFormatException">The checkpoint is damaged; the text encoder is then unchanged.</exception>
    /// <exception cref="InvalidOperationException">The checkpoint belongs to another run.</exception>
    public static TuningResult Tune(StableDiffusionPipeline pipeline, ClipDiscriminator judge, Func<int, IReadOnlyList<TuningSample>> samples, TextEncoderTuningOptions options, IProgress<TuningProgress>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        return new TextEncoderTuner(pipeline, judge, options).Run(samples, progress, cancellation);
    }

    private TuningResult Run(Func<int, IReadOnlyList<TuningSample>> samples, IProgress<TuningProgress>? progress, CancellationToken cancellation)
    {
        List<double> losses = [], values = [];
        var parameters = _options.Encoders.Indices(_pipeline.Conditioning.Encoders.Count).SelectMany(i => TextEncoderWeights.Parameters(_pipeline.Conditioning, i)).ToList();
        using var adam = new AdamW(parameters, _options.LearningRate, _options.WeightDecay);
        if (_options.CheckpointPath is { } path && File.Exists(path))
        {
            (losses, values) = Load(path, adam);
        }

        var checkpointing = _pipeline.Unet.GradientCheckpointing;
        try
        {
            _pipeline.Unet.GradientCheckpointing = true;
            parameters.ForEach(p => p.Parameter.requires_grad_(true));
            while (losses.Count < _options.Iterations)
            {
                cancellation.ThrowIfCancellationRequested();
                var (loss, value) = Step(samples(losses.Count), losses.Count, adam, cancellation);
                losses.Add(loss);
                values.Add(value);
                if (_options.CheckpointPath is { } file && (losses.Count % _options.CheckpointInterval == 0 || losses.Count == _options.Iterations))
                {
                    Save(file, adam, losses, values);
                }

                progress?.Report(new(losses.Count, _options.Iterations, loss, value));
            }
        }
        finally
        {
            _pipeline.Unet.GradientCheckpointing = checkpointing;
            foreach (var (_, parameter) in parameters)
            {
                parameter.requires_grad_(false);
            }
        }

        return new(losses, values, losses.Count(double.IsNaN));
    }

    private (double Loss, double TargetValue) Step(IReadOnlyList<TuningSample> samples, int iteration, AdamW adam, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        adam.ZeroGradients();
        var pipeline = _pipeline;
        var options = _options.Sampling;
        var factor = pipeline.Vae.Config.SpatialFactor;
        long[] shape = [1, pipeline.Unet.Config.InChannels, (options.Height ?? pipeline.NativeSize) / factor, (options.Width ?? pipeline.NativeSize) / factor];

        // Noise depends on the step and the place in it alone, so that a resumed run sees the same.
        var generators = samples.Select((_, i) => new Generator(unchecked((ulong)_options.Seed * 1_000_003UL + (ulong)(iteration * _options.BatchSize + i)), CPU)).ToList();
        Tensor Noise() => cat(generators.Select(g => randn(shape, device: CPU, generator: g)).ToArray(), 0).to(pipeline.Device);

        var conditioning = pipeline.Condition([.. samples.Select(s => s.Prompt)], null, options);
        var (_, pixels) = pipeline.SampleWithGradients(conditioning, Noise(), options, _options.LastSteps, cancellation, Noise);
        var targets = _judge.Targets(samples.Select(s => (IReadOnlyCollection<int>)s.Targets).ToList()).to(pipeline.Device);
        var v = _judge.Judge((pixels / 2 + 0.5).clamp(0, 1), targets);
        var loss = _options.Loss.Probabilities(v, targets.to(v.dtype));
        var value = loss.item<float>();
        if (!float.IsFinite(value))
        {
            return (double.NaN, double.NaN);
        }

        GradientFunction.Backward(loss);
        if (!double.IsFinite(adam.ClipGradients(_options.GradientClip)))
        {
            return (double.NaN, double.NaN);
        }

        adam.Step();
        return (value, v.detach().masked_select(targets).mean().item<float>());
    }

    private string Fingerprint => JsonSerializer.Serialize(_options with { CheckpointPath = null, CheckpointInterval = 1, Iterations = 1, Sampling = _options.Sampling with { Preview = null } }) + string.Join('|', _judge.Labels);

    private void Save(string path, AdamW adam, List<double> losses, List<double> values) => RunCheckpoint.Write(
        path,
        Fingerprint,
        TextEncoderWeights.Of(_pipeline.Conditioning).Select(s => KeyValuePair.Create(Encoder + s.Key, s.Value)).Concat(adam.State()),
        new Dictionary<string, int> { [StepsName] = adam.Steps },
        new Dictionary<string, List<double>> { [LossesName] = losses, [ValuesName] = values });

    private (List<double> Losses, List<double> Values) Load(string path, AdamW adam)
    {
        using var scope = NewDisposeScope();
        using var file = RunCheckpoint.Open(path, Fingerprint, "a tuning run with other labels or options");
        var losses = file.Curve(LossesName, 1, int.MaxValue);
        var values = file.Curve(ValuesName, losses.Count, losses.Count);
        var steps = file.Counter(StepsName, losses.Count);
        var state = TextEncoderWeights.Of(_pipeline.Conditioning).ToDictionary();
        var encoder = file.Tensors(Encoder, state);
        var restore = adam.Restore(file);
        file.CheckNothingIsLeft();

        using var noGrad = no_grad();
        foreach (var (name, tensor) in state)
        {
            tensor.copy_(encoder[name]);
        }

        restore();
        adam.Steps = steps;
        return (losses, values);
    }
}
