using TorchSharp;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>A diffusion model on this machine.</summary>
/// <param name="path">Its path or name.</param>
internal sealed class DiffusionSource(string path) : ImageSource
{
    /// <inheritdoc/>
    internal override string ModelPath => path;

    /// <inheritdoc/>
    public override string ToString() => path;

    /// <inheritdoc/>
    internal override void Check(SyntheticUnseenDataOptions options)
    {
    }

    /// <inheritdoc/>
    internal override long Look(SyntheticUnseenDataOptions options)
    {
        const string option = $"{nameof(SyntheticUnseenDataOptions)}.{nameof(SyntheticUnseenDataOptions.Diffusion)}";
        var side = ModelOption.Check(option, () => StableDiffusionPipeline.Look(path));
        return (long)(options.Sampling.Width ?? side) * (options.Sampling.Height ?? side);
    }

    /// <inheritdoc/>
    internal override torch.ScalarType? Precision(SyntheticUnseenDataOptions options, torch.Device device) => options.Precision ?? TorchDevice.DefaultPrecision(device);

    /// <inheritdoc/>
    internal override int BatchSize(SyntheticUnseenDataOptions options) => options.Sampling.BatchSize;

    /// <inheritdoc/>
    internal override int MaxAttempts(SyntheticUnseenDataOptions options) => options.AcceptanceFilter?.MaxAttempts ?? 1;

    /// <inheritdoc/>
    internal override ISlotGenerator Open(SyntheticUnseenDataOptions options, GenerationTools tools) => new DiffusionSlotGenerator(path, options, tools);
}
