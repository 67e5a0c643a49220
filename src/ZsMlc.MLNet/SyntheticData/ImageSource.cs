using TorchSharp;

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

    /// <summary>A diffusion model on this machine.</summary>
    /// <param name="path">As for <see cref="SyntheticUnseenDataOptions.Diffusion"/>.</param>
    /// <exception cref="ArgumentException">There is no path.</exception>
    public static ImageSource Diffusion(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new DiffusionSource(path);
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
