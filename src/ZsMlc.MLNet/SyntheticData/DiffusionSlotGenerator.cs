using TorchSharp;
using ZsMlc.MLNet.Images;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Makes images with the diffusion model and judges them by the acceptance filter. The models are opened at the first call.</summary>
/// <param name="path">The diffusion model.</param>
/// <param name="options">The judge and the recipe.</param>
/// <param name="tools">What the models have to be and where they run; every prompt that is too long is told once, unless the sampling options have a receiver of their own.</param>
internal sealed class DiffusionSlotGenerator(string path, SyntheticUnseenDataOptions options, GenerationTools tools) : ISlotGenerator
{
    private readonly HashSet<string> _told = [];
    private StableDiffusionPipeline? _pipeline;
    private ImageJudge? _judge;

    /// <inheritdoc/>
    public bool DependsOnGroup => true;

    /// <inheritdoc/>
    public bool TakesWholeRounds => options.AcceptanceFilter is { PreviewStep: > 0 };

    /// <inheritdoc/>
    public IEnumerable<IReadOnlyList<(int Index, SlotOutcome Outcome)>> Generate(IReadOnlyList<SlotAttempt> group, CancellationToken cancellationToken) =>
        [[.. MakeImages(group, cancellationToken).Index()]];

    private IReadOnlyList<SlotOutcome> MakeImages(IReadOnlyList<SlotAttempt> group, CancellationToken cancellationToken)
    {
        Open();
        var labels = group.Select(g => g.Labels).ToList();
        var sampling = options.Sampling with { Seeds = [.. group.Select(g => g.Seed)], Warning = WarnOnce };
        if (options.AcceptanceFilter is { PreviewStep: > 0 and var step })
        {
            sampling = sampling with { PreviewStep = step, Preview = (previews, indices) => _judge!.Promises(previews, [.. indices.Select(i => labels[i])]) };
        }

        var images = _pipeline!.GenerateAsync([.. group.Select(g => g.Prompt)], options.NegativePrompt, sampling, null, cancellationToken).GetAwaiter().GetResult();
        var pixels = images.Select(i => i.IsAbandoned ? null : new RgbPixels(i.Width, i.Height, i.Pixels)).ToList();
        return _judge?.Judge(pixels, labels) ?? ImageJudge.TakeAll(pixels, labels, options.Hierarchy);
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
            (options.Sampling.Warning ?? tools.Warn)(message);
        }
    }

    private void Open()
    {
        if (_pipeline is not null)
        {
            return;
        }

        tools.Models.Check(options);
        _judge ??= ImageJudge.Open(options, tools.Device);
        var pipeline = StableDiffusionPipeline.FromPretrained(path, tools.Device, options.Precision ?? TorchDevice.DefaultPrecision(tools.Device));
        try
        {
            if (tools.TextEncoder is { } encoder)
            {
                pipeline.LoadTextEncoder(encoder);
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
