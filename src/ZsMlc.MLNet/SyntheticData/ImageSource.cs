using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;
using TorchSharp;
using ZsMlc.MLNet.SyntheticData.Services;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Who paints the images.</summary>
/// <remarks>Whoever does, the same judge decides which images count, and the same store keeps them.</remarks>
public abstract class ImageSource
{
    private protected ImageSource()
    {
    }

    /// <summary>Gets the path of the diffusion model; <see langword="null"/> where another paints.</summary>
    internal virtual string? ModelPath => null;

    /// <summary>Gets what the images of a service depend on; <see langword="null"/> for a diffusion model.</summary>
    internal virtual ServiceIdentity? Service => null;

    /// <summary>Gets the most images that a store may be paid for, over all runs; <see langword="null"/> for no limit.</summary>
    internal virtual int? MaxImages => null;

    /// <summary>A diffusion model on this machine.</summary>
    /// <param name="path">As for <see cref="SyntheticUnseenDataOptions.Diffusion"/>.</param>
    /// <exception cref="ArgumentException">There is no path.</exception>
    public static ImageSource Diffusion(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new DiffusionSource(path);
    }

    /// <summary>An image service, or any other generator of Microsoft.Extensions.AI.</summary>
    /// <remarks>
    /// Prompts, seeds and the negative prompt are as for a diffusion model; seeds have an effect where the service has them. Each answer is cut and reduced to the
    /// stored size, judged, and recorded with the model's name before the next one of its place is asked for; what is recorded is never asked for again. A refusal by
    /// the service's content filter is recorded and counts as an attempt. <see cref="SyntheticUnseenDataOptions.Sampling"/>, <see cref="SyntheticUnseenDataOptions.Precision"/>,
    /// tuning and previews mean nothing to a service and are refused. A model file keeps the service's name alone: a loaded model cannot ask it again.
    /// </remarks>
    /// <param name="generator">The service's client, used from several threads; stays the caller's to dispose.</param>
    /// <param name="options">What to ask for and what to put up with; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    [Experimental("MEAI001")]
    public static ImageSource Generator(IImageGenerator generator, ImageServiceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(generator);
        options ??= new();
        options.Validate();
        var client = new GeneratorClient(generator, options);
        return new ServiceSource(client.Identity, new(client.Identity, client.AskAsync, options));
    }

    /// <summary>Throws when an option means nothing to the source or does not fit it; the message names the option.</summary>
    /// <param name="options">Options whose values are in their ranges.</param>
    /// <exception cref="ArgumentException">The option.</exception>
    internal abstract void Check(SyntheticUnseenDataOptions options);

    /// <summary>Looks at what the source needs; no weights are read and nobody is asked.</summary>
    /// <param name="options">Checked options.</param>
    /// <returns>Pixels of an image.</returns>
    internal abstract long Look(SyntheticUnseenDataOptions options);

    /// <summary>The element type that images are made in, part of what they depend on; <see langword="null"/> where the source has none.</summary>
    /// <param name="options">Checked options.</param>
    /// <param name="device">Where networks run.</param>
    internal abstract torch.ScalarType? Precision(SyntheticUnseenDataOptions options, torch.Device device);

    /// <summary>Images that are generated together.</summary>
    /// <param name="options">Checked options.</param>
    internal abstract int BatchSize(SyntheticUnseenDataOptions options);

    /// <summary>Attempts at an image.</summary>
    /// <param name="options">Checked options.</param>
    internal abstract int MaxAttempts(SyntheticUnseenDataOptions options);

    /// <summary>Makes a generator, which opens its models at the first call.</summary>
    /// <param name="options">Checked options.</param>
    /// <param name="tools">What it works with.</param>
    internal abstract ISlotGenerator Open(SyntheticUnseenDataOptions options, GenerationTools tools);
}
