using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.AI;
using ZsMlc.MLNet.Images;
using ZsMlc.Torch.Diffusion;

namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>A diffusion pipeline behind the abstraction of image services. Every setting of a request is obeyed or refused by name.</summary>
/// <param name="pipeline">The pipeline; stays the caller's.</param>
/// <param name="defaults">How images are sampled where a request does not say.</param>
/// <param name="model">Name of the model, or <see langword="null"/>.</param>
[Experimental("MEAI001")]
internal sealed class PipelineImageGenerator(StableDiffusionPipeline pipeline, GenerationOptions defaults, string? model) : IImageGenerator
{
    private const string Png = "image/png", Jpeg = "image/jpeg";

    private readonly ImageGeneratorMetadata _metadata = new("zsmlc", null, model);

    public async Task<ImageGenerationResponse> GenerateAsync(ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var prompt = request.Prompt ?? throw new ArgumentException($"The request has no {nameof(request.Prompt)}.", nameof(request));
        if (request.OriginalImages?.Any() == true)
        {
            throw new NotSupportedException($"The request has {nameof(request.OriginalImages)}; the pipeline makes images from text alone.");
        }

        options ??= new();
        Check(options);
        var count = options.Count ?? 1;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(options.Count));
        var (sampling, negative, progress) = Read(options);
        var images = await pipeline.GenerateAsync([.. Enumerable.Repeat(prompt, count)], negative, sampling, progress, cancellationToken).ConfigureAwait(false);
        return new([.. images.Select(i => Content(i, options.MediaType ?? Png))]) { RawRepresentation = images };
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        object?[] services = [_metadata, pipeline, this];
        return serviceKey is null ? services.FirstOrDefault(serviceType.IsInstanceOfType) : null;
    }

    /// <summary>Does nothing: the pipeline is the caller's.</summary>
    public void Dispose()
    {
    }

    private static DataContent Content(GeneratedImage image, string mediaType)
    {
        var pixels = new RgbPixels(image.Width, image.Height, image.Pixels);
        return new(mediaType == Jpeg ? ImageEncoder.ToJpeg(pixels) : ImageEncoder.ToPng(pixels), mediaType)
        {
            AdditionalProperties = new() { [PipelineImageGeneratorExtensions.Seed] = image.Seed },
            RawRepresentation = image,
        };
    }

    private void Check(ImageGenerationOptions options)
    {
        Refuse(nameof(options.ModelId), options.ModelId, options.ModelId is null || options.ModelId == model, model ?? "none, since the pipeline was given no name");
        Refuse(nameof(options.MediaType), options.MediaType, options.MediaType is null or Png or Jpeg, $"{Png} or {Jpeg}");
        Refuse(nameof(options.ResponseFormat), options.ResponseFormat, options.ResponseFormat is null or ImageGenerationResponseFormat.Data, $"{ImageGenerationResponseFormat.Data}");
        Refuse(nameof(options.StreamingCount), options.StreamingCount, options.StreamingCount is null or 0, $"none; an IProgress<{nameof(GenerationStep)}> under the key '{PipelineImageGeneratorExtensions.Progress}' is told of every step");
    }

    private static void Refuse(string name, object? value, bool fits, string expected)
    {
        if (!fits)
        {
            throw new NotSupportedException($"{nameof(ImageGenerationOptions)}.{name} is {value}; expected {expected}.");
        }
    }

    private (GenerationOptions Sampling, string? Negative, IProgress<GenerationStep>? Progress) Read(ImageGenerationOptions options)
    {
        var sampling = options.RawRepresentationFactory?.Invoke(this) as GenerationOptions ?? defaults;
        if (options.ImageSize is { } size)
        {
            sampling = sampling with { Width = size.Width, Height = size.Height };
        }

        string? negative = null;
        IProgress<GenerationStep>? progress = null;
        foreach (var (key, value) in options.AdditionalProperties ?? [])
        {
            switch (key)
            {
                case PipelineImageGeneratorExtensions.Seed:
                    sampling = sampling with { Seed = Number(key, value, Convert.ToInt64), Seeds = null };
                    break;
                case PipelineImageGeneratorExtensions.Steps:
                    sampling = sampling with { Steps = Number(key, value, Convert.ToInt32) };
                    break;
                case PipelineImageGeneratorExtensions.Guidance:
                    sampling = sampling with { GuidanceScale = Number(key, value, Convert.ToDouble) };
                    break;
                case PipelineImageGeneratorExtensions.NegativePrompt:
                    negative = value as string ?? throw Unfit(key, value, "a text");
                    break;
                case PipelineImageGeneratorExtensions.Progress:
                    progress = value as IProgress<GenerationStep> ?? throw Unfit(key, value, $"an IProgress<{nameof(GenerationStep)}>");
                    break;
                default:
                    throw new NotSupportedException(
                        $"The pipeline knows no additional property '{key}'; it knows {PipelineImageGeneratorExtensions.Seed}, {PipelineImageGeneratorExtensions.NegativePrompt}, "
                        + $"{PipelineImageGeneratorExtensions.Steps}, {PipelineImageGeneratorExtensions.Guidance} and {PipelineImageGeneratorExtensions.Progress}.");
            }
        }

        return (sampling, negative, progress);
    }

    private static T Number<T>(string key, object? value, Func<object?, IFormatProvider, T> convert)
    {
        try
        {
            return value is null ? throw Unfit(key, value, "a number") : convert(value, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is InvalidCastException or FormatException or OverflowException)
        {
            throw Unfit(key, value, "a number");
        }
    }

    private static ArgumentException Unfit(string key, object? value, string expected) => new($"The additional property '{key}' is '{value}'; expected {expected}.");
}
