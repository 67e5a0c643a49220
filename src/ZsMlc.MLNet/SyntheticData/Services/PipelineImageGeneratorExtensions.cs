using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;
using ZsMlc.Torch.Diffusion;

namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>Gives a diffusion pipeline to whatever takes an <see cref="IImageGenerator"/> of Microsoft.Extensions.AI.</summary>
/// <remarks>
/// A request may set the size, the number of images, the media type (<c>image/png</c>, <c>image/jpeg</c>) and, as additional properties, the
/// keys below; <see cref="ImageGenerationOptions.RawRepresentationFactory"/> may give <see cref="GenerationOptions"/> instead of the default ones.
/// Anything else is refused by name.
/// </remarks>
[Experimental("MEAI001")]
public static class PipelineImageGeneratorExtensions
{
    /// <summary>Key of the seed of the first image, a whole number; further images of the request take the next ones.</summary>
    public const string Seed = "seed";

    /// <summary>Key of the text that images should not show.</summary>
    public const string NegativePrompt = "negative_prompt";

    /// <summary>Key of the number of steps, 1 or more.</summary>
    public const string Steps = "num_inference_steps";

    /// <summary>Key of the guidance factor, 0 or more.</summary>
    public const string Guidance = "guidance_scale";

    /// <summary>Key of an <see cref="IProgress{T}"/> of <see cref="GenerationStep"/>, told after every step. The abstraction itself has no way to stream.</summary>
    public const string Progress = "progress";

    /// <summary>Makes a generator of a pipeline.</summary>
    /// <param name="pipeline">The pipeline, which stays the caller's to dispose. Requests at one time wait for each other.</param>
    /// <param name="options">How images are sampled where a request does not say; <see langword="null"/> for the defaults.</param>
    /// <param name="model">Name of the model, told as <see cref="ImageGeneratorMetadata.DefaultModelId"/>; stores of images name it.</param>
    /// <exception cref="ArgumentException">The options have seeds or a preview of their own.</exception>
    public static IImageGenerator AsImageGenerator(this StableDiffusionPipeline pipeline, GenerationOptions? options = null, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        return options is { Seeds: not null } or { Preview: not null }
            ? throw new ArgumentException($"The options have {nameof(options.Seeds)} or a {nameof(options.Preview)}; requests bring seeds, and nobody judges previews.", nameof(options))
            : new PipelineImageGenerator(pipeline, options ?? new(), model);
    }
}
