using TorchSharp;
using ZsMlc.MLNet.SyntheticData.Services;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>An image service.</summary>
/// <param name="identity">What the images depend on.</param>
/// <param name="service">The service; <see langword="null"/> for that of a model file, which cannot hold it.</param>
internal sealed class ServiceSource(ServiceIdentity identity, ImageService? service) : ImageSource
{
    /// <summary>The service of a model file.</summary>
    /// <exception cref="ArgumentException">No options have such values.</exception>
    public static ServiceSource Saved(ServiceIdentity identity)
    {
        new ImageServiceOptions { Side = identity.Side, StoredSide = identity.StoredSide, MaxAttempts = identity.MaxAttempts }.Validate();
        return new(identity, null);
    }

    /// <inheritdoc/>
    internal override ServiceIdentity Service => identity;

    /// <inheritdoc/>
    internal override int? MaxImages => service?.MaxImages;

    /// <inheritdoc/>
    public override string ToString() => identity.ToString();

    /// <inheritdoc/>
    internal override void Check(SyntheticUnseenDataOptions options)
    {
        foreach (var (name, isSet) in new[]
        {
            (nameof(options.Sampling), options.Sampling != SyntheticUnseenDataOptions.DefaultSampling),
            (nameof(options.Precision), options.Precision is not null),
            (nameof(options.Tuning), options.Tuning is not null),
            (nameof(options.TuningClip), options.TuningClip is not null),
            (nameof(options.TextEncoder), options.TextEncoder is not null),
            ($"{nameof(options.AcceptanceFilter)}.{nameof(AcceptanceFilterOptions.PreviewStep)}", options.AcceptanceFilter is { PreviewStep: > 0 }),
        })
        {
            if (isSet)
            {
                throw new ArgumentException($"{name} is set, but {nameof(options.Images)} is an image service, to which it means nothing: leave it at its default.", name);
            }
        }
    }

    /// <inheritdoc/>
    internal override long Look(SyntheticUnseenDataOptions options) => (long)identity.StoredSide * identity.StoredSide;

    /// <inheritdoc/>
    internal override torch.ScalarType? Precision(SyntheticUnseenDataOptions options, torch.Device device) => null;

    /// <summary>As many as a shard's unit of work is made of; requests do not come in batches.</summary>
    internal override int BatchSize(SyntheticUnseenDataOptions options) => 4;

    /// <inheritdoc/>
    internal override int MaxAttempts(SyntheticUnseenDataOptions options) => options.AcceptanceFilter?.MaxAttempts ?? identity.MaxAttempts;

    /// <inheritdoc/>
    internal override ISlotGenerator Open(SyntheticUnseenDataOptions options, GenerationTools tools) =>
        new ServiceSlotGenerator(identity, service, options, tools);
}
