using ZsMlc.MLNet.SyntheticData.Store;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Looks at the models and the disk that a generation needs; no weights are read.</summary>
internal static class GenerationModels
{
    /// <summary>Bytes of a pixel at least: photographs as PNG have about 1.5, as JPEG 0.3; flat drawings have fewer.</summary>
    private const double PngBytes = 0.1, JpegBytes = 0.02;

    /// <summary>Throws when a model is missing or unfit, or when the images will not fit on the disk.</summary>
    /// <param name="options">Checked options.</param>
    /// <param name="images">Number of images, at least.</param>
    /// <exception cref="FileNotFoundException">A model does not exist.</exception>
    /// <exception cref="NotSupportedException">The diffusion model is of another kind.</exception>
    /// <exception cref="CheckpointFormatException">A model is damaged.</exception>
    /// <exception cref="IOException">The images will not fit.</exception>
    public static void Check(SyntheticUnseenDataOptions options, long images)
    {
        var pixels = options.Source.Look(options);
        if (options.AcceptanceFilter is { } filter)
        {
            ModelOption.Check($"{Name(nameof(options.AcceptanceFilter))}.{nameof(filter.Clip)}", () => ClipModel.Look(filter.Clip));
        }

        if (options is { Tuning: not null, TuningClip: { } judge })
        {
            ModelOption.Check(Name(nameof(options.TuningClip)), () => ClipModel.Look(judge));
        }

        if (options.TextEncoder is { } encoder)
        {
            ModelOption.Check(Name(nameof(options.TextEncoder)), () =>
            {
                using var checkpoint = Checkpoint.Open(encoder);
                return checkpoint.Names.Count;
            });
        }

        var left = Math.Max(0, images - StoreLayout.CountImages(options.StorePath));
        DiskSpace.Check(options.StorePath, (long)((double)left * pixels * (options.Format == ImageFileFormat.Png ? PngBytes : JpegBytes)), $"The images of {Name(nameof(options.StorePath))}");
    }

    private static string Name(string option) => $"{nameof(SyntheticUnseenDataOptions)}.{option}";
}
