using TorchSharp;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Makes images with the diffusion model and judges them by the acceptance filter. The models are opened at the first call.</summary>
/// <param name="options">Models and recipe.</param>
/// <param name="models">What the models have to be.</param>
/// <param name="textEncoder">File of the tuned text encoder, or <see langword="null"/> for the checkpoint's own.</param>
/// <param name="device">Where the networks run.</param>
/// <param name="warn">Told once of every prompt that is too long for the text encoder, unless the sampling options have a receiver of their own.</param>
internal sealed class DiffusionSlotGenerator(SyntheticUnseenDataOptions options, ModelFingerprints models, string? textEncoder, Device device, Action<string> warn) : ISlotGenerator, IDisposable
{
    private readonly HashSet<string> _told = [];
    private StableDiffusionPipeline? _pipeline;
    private ImageJudge? _judge;

    /// <inheritdoc/>
    public IReadOnlyList<SlotOutcome> Generate(IReadOnlyList<SlotAttempt> group, CancellationToken cancellationToken)
    {
        Open();
        var labels = group.Select(g => g.Labels).ToList();
        var sampling = options.Sampling with { BatchSize = group.Count, Seeds = [.. group.Select(g => g.Seed)], Warning = WarnOnce };
        if (options.AcceptanceFilter is { PreviewStep: > 0 and var step })
        {
            sampling = sampling with { PreviewStep = step, Preview = (previews, indices) => _judge!.Promises(previews, [.. indices.Select(i => labels[i])]) };
        }

        var images = _pipeline!.GenerateAsync([.. group.Select(g => g.Prompt)], options.NegativePrompt, sampling, null, cancellationToken).GetAwaiter().GetResult();
        var pixels = images.Select(i => i.IsAbandoned ? null : new RgbPixels(i.Width, i.Height, i.Pixels)).ToList();
        return _judge is not null
            ? _judge.Judge(pixels, labels)
            : [.. pixels.Select((p, i) => new SlotOutcome(p, true, [], [.. options.Hierarchy.WithAncestors(labels[i]).Skip(labels[i].Count)]))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pipeline?.Dispose();
        _judge?.Dispose();
    }

    // A prompt comes again in every batch and attempt that asks for it.
    private void WarnOnce(string message)
    {
        if (_told.Add(message))
        {
            (options.Sampling.Warning ?? warn)(message);
        }
    }

    private void Open()
    {
        if (_pipeline is not null)
        {
            return;
        }

        models.Check(options);
        _judge ??= options.AcceptanceFilter is { } filter ? new(filter, options.Labels.Unseen, options.Hierarchy, device) : null;
        var pipeline = StableDiffusionPipeline.FromPretrained(options.Diffusion, device, options.Precision ?? TorchDevice.DefaultPrecision(device));
        try
        {
            if (textEncoder is not null)
            {
                pipeline.LoadTextEncoder(textEncoder);
            }

            _pipeline = pipeline;
        }
        catch
        {
            pipeline.Dispose();
            throw;
        }
    }
}
