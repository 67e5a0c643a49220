using TorchSharp;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.Torch;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.Tuning;
using ZsMlc.Torch.Filtering;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Labels, models and recipe of <see cref="SyntheticUnseenDataEstimator"/>.</summary>
public sealed record SyntheticUnseenDataOptions
{
    private const string DefaultNegativePrompt = "deformed, bad anatomy, extra limbs, missing limbs, disfigured, blurry, low quality, cropped, watermark, signature, text";

    /// <summary>Gets the labels; images are made of the unseen ones.</summary>
    public required LabelSet Labels { get; init; }

    /// <summary>Gets the path of the diffusion model: a diffusers folder of Stable Diffusion 1.x, 2.x or XL. The short form of <see cref="Images"/> = <see cref="ImageSource.Diffusion"/>; one of the two must be set.</summary>
    public string? Diffusion { get; init; }

    /// <summary>Gets who paints the images: a diffusion model or an image service. Default: <see cref="Diffusion"/>.</summary>
    public ImageSource? Images { get; init; }

    /// <summary>Gets the folder that keeps the images; made when missing. A run on the same folder goes on where an earlier one stopped.</summary>
    public required string StorePath { get; init; }

    /// <summary>Gets the images that each unseen label is asked to occur in, 1 or more. Default 200.</summary>
    public int ImagesPerLabel { get; init; } = 200;

    /// <summary>Gets the largest number N of labels in an image, 1 or more: label sets have 1 to N labels. Default 2.</summary>
    public int LabelsPerImage { get; init; } = 2;

    /// <summary>Gets where prompts come from. Default: templates.</summary>
    public PromptSource Prompts { get; init; } = PromptSource.Templates();

    /// <summary>Gets the prompts asked for each label set, 1 or more. Default: what the source proposes (10; 200 of templates).</summary>
    public int? PromptsPerSet { get; init; }

    /// <summary>Gets other names of labels that count as naming them in a prompt. Default: those of common photo labels.</summary>
    public LabelNames Names { get; init; } = LabelNames.Default;

    /// <summary>Gets labels that look too much alike to be asked for in one image. Default: none.</summary>
    public IReadOnlyList<(string First, string Second)> ConfusablePairs { get; init; } = [];

    /// <summary>Gets which labels imply others: related ones are never asked for together, and parents are added to an image's labels. Default: none.</summary>
    public LabelHierarchy Hierarchy { get; init; } = LabelHierarchy.None;

    /// <summary>Gets what images should not show; empty for nothing. Without guidance it has no effect, nor with a service that knows none. Default: faults of anatomy, and watermarks.</summary>
    public string NegativePrompt { get; init; } = DefaultNegativePrompt;

    /// <summary>Gets how images are sampled. Seeds and previews are the generator's own. Default: 20 steps, guidance 2.5, batches of 4.</summary>
    public GenerationOptions Sampling { get; init; } = DefaultSampling;

    /// <summary>Gets the format of the image files. Default PNG.</summary>
    public ImageFileFormat Format { get; init; }

    /// <summary>Gets how images are judged, so that unfit ones are made again; <see langword="null"/> for taking every image. Default none.</summary>
    public AcceptanceFilterOptions? AcceptanceFilter { get; init; }

    /// <summary>Gets how the text encoder is tuned before images are made; <see langword="null"/> for not at all. Its checkpoint lies in the store. Default none.</summary>
    public TextEncoderTuningOptions? Tuning { get; init; }

    /// <summary>Gets the path of the CLIP model that judges in tuning. Default: that of <see cref="AcceptanceFilter"/>.</summary>
    public string? TuningClip { get; init; }

    /// <summary>Gets a safetensors file with a tuned text encoder, to use instead of tuning one. Default none.</summary>
    public string? TextEncoder { get; init; }

    /// <summary>Gets whether rejected images are kept in the store, for a look at what the judge turns down. Default false.</summary>
    public bool KeepRejected { get; init; }

    /// <summary>Gets the part of the images that this process makes. Default: all.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>Gets the seed of label sets, prompts and noise. Default: the seed of the MLContext, or 0 without one.</summary>
    public int? Seed { get; init; }

    /// <summary>Gets the element type of the diffusion model while images are made: Float32, BFloat16 or Float16; on an x64 processor that is slower in a half precision, copies of the weights in Float32 are computed with. Default: BFloat16 on a GPU, Float32 on a CPU. A store holds images of one precision; state it here to go on with a store on a device of another default.</summary>
    public torch.ScalarType? Precision { get; init; }

    /// <summary>Gets the column of images. Default <c>Image</c>.</summary>
    public string ImageColumn { get; init; } = "Image";

    /// <summary>Gets the column of labels. Default <c>Labels</c>.</summary>
    public string LabelColumn { get; init; } = "Labels";

    /// <summary>Gets the column that says whether a row is synthetic, added in training. Default <c>IsSynthetic</c>.</summary>
    public string SyntheticColumn { get; init; } = "IsSynthetic";

    /// <summary>Gets the column of the prompts that images were made from, added in training. Default <c>Prompt</c>.</summary>
    public string PromptColumn { get; init; } = "Prompt";

    /// <summary>Gets what is told of the progress. Default: nothing but messages in <c>MLContext.Log</c>.</summary>
    public IProgress<GenerationProgress>? Progress { get; init; }

    /// <summary>Gets what is told of every step of <see cref="Tuning"/>. Default: nothing but messages in <c>MLContext.Log</c>.</summary>
    public IProgress<TuningProgress>? TuningProgress { get; init; }

    /// <summary>Gets the token that ends <c>Fit</c>; the store keeps what was done.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>The published set-up: 200 images a label, Euler with 50 steps, guidance 7.5, images at the size the model was trained on (768² for Stable Diffusion 2), and CLIP's judgement of every image.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="diffusion">Path of the diffusion model, Stable Diffusion 2 as published.</param>
    /// <param name="clip">Path of the CLIP model that judges, ViT-B/32 as published.</param>
    /// <param name="storePath">Folder that keeps the images.</param>
    /// <exception cref="FileNotFoundException">The diffusion model is not there or has no scheduler's settings.</exception>
    public static SyntheticUnseenDataOptions Published(LabelSet labels, string diffusion, string clip, string storePath) => new()
    {
        Labels = labels,
        Diffusion = diffusion,
        StorePath = storePath,
        Sampling = new() { Steps = 50, GuidanceScale = 7.5, BatchSize = 4, Scheduler = SchedulerConfig.FromPretrained(diffusion) with { ClassName = "EulerDiscreteScheduler" } },
        AcceptanceFilter = new() { Clip = clip },
    };

    /// <summary>The default of <see cref="Sampling"/>.</summary>
    internal static GenerationOptions DefaultSampling { get; } = new() { Steps = 20, GuidanceScale = 2.5, BatchSize = 4 };

    /// <summary>Who paints the images, whichever option said so.</summary>
    internal ImageSource Source => Images ?? ImageSource.Diffusion(Diffusion!);

    /// <summary>Throws when a value is missing or out of its range; the message names the option.</summary>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Labels);
        CheckSource();
        ArgumentException.ThrowIfNullOrWhiteSpace(StorePath);
        ColumnNames.Check(
            (nameof(ImageColumn), ImageColumn ?? ""), (nameof(LabelColumn), LabelColumn ?? ""), (nameof(SyntheticColumn), SyntheticColumn ?? ""), (nameof(PromptColumn), PromptColumn ?? ""));
        foreach (var (name, value) in new (string, object?)[] { (nameof(Prompts), Prompts), (nameof(Names), Names), (nameof(ConfusablePairs), ConfusablePairs), (nameof(Hierarchy), Hierarchy), (nameof(NegativePrompt), NegativePrompt), (nameof(Sampling), Sampling) })
        {
            ArgumentNullException.ThrowIfNull(value, name);
        }

        if (Labels.Unseen.Count == 0)
        {
            throw new ArgumentException($"{nameof(Labels)} has no unseen label; images are made of the unseen ones.", nameof(Labels));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(ImagesPerLabel, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(LabelsPerImage, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(PromptsPerSet ?? 1, 1, nameof(PromptsPerSet));
        OptionRange.Check(nameof(Format), Format, Enum.IsDefined(Format), string.Join(" or ", Enum.GetNames<ImageFileFormat>()));
        OptionRange.Check(
            nameof(Precision), Precision, Precision is null or torch.ScalarType.Float32 or torch.ScalarType.BFloat16 or torch.ScalarType.Float16, "Float32, BFloat16 or Float16");

        Shard.Validate();
        CheckPairs();
        CheckSampling();
        AcceptanceFilter?.Validate(Sampling.Steps);
        CheckTuning();
        CheckRivals();
        Source.Check(this);
    }

    private void CheckSource()
    {
        if (Images is not null && Diffusion is not null)
        {
            throw new ArgumentException($"{nameof(Images)} and {nameof(Diffusion)} are both set; {nameof(Diffusion)} is the short form of {nameof(Images)} = {nameof(ImageSource)}.{nameof(ImageSource.Diffusion)}(…), and one source paints.", nameof(Images));
        }

        if (Images is null && string.IsNullOrWhiteSpace(Diffusion))
        {
            throw new ArgumentException($"Nobody is there to paint the images: set {nameof(Diffusion)} to the path of a diffusion model, or {nameof(Images)} to a source.", nameof(Diffusion));
        }
    }

    private void CheckPairs()
    {
        foreach (var (first, second) in ConfusablePairs)
        {
            if (!Labels.Contains(first) || !Labels.Contains(second) || first == second)
            {
                throw new ArgumentException($"{nameof(ConfusablePairs)} names '{first}' and '{second}'; expected two labels of the label set.", nameof(ConfusablePairs));
            }
        }
    }

    private void CheckSampling()
    {
        Sampling.CheckRanges(nameof(Sampling));
        if (Sampling.Seeds is not null || Sampling.Seed != 0)
        {
            throw new ArgumentException($"{nameof(Sampling)} has seeds of its own; every image's seed follows from {nameof(Seed)}.", nameof(Sampling));
        }

        if (Sampling.Preview is not null || Sampling.PreviewStep != 0)
        {
            throw new ArgumentException($"{nameof(Sampling)} has a preview of its own; set {nameof(AcceptanceFilter)}.{nameof(AcceptanceFilterOptions.PreviewStep)} instead.", nameof(Sampling));
        }
    }

    // A label without a rival has V = 1 whatever the image shows: nothing would be judged.
    private void CheckRivals()
    {
        if ((AcceptanceFilter is not null || Tuning is not null) && Labels.Unseen.Count <= LabelsPerImage)
        {
            throw new ArgumentException($"{(AcceptanceFilter is not null ? nameof(AcceptanceFilter) : nameof(Tuning))} compares the labels of an image with the other unseen labels, but {nameof(Labels)} has {Labels.Unseen.Count} unseen label(s) and {nameof(LabelsPerImage)} is {LabelsPerImage}; there must be more unseen labels than labels in an image.", nameof(LabelsPerImage));
        }
    }

    private void CheckTuning()
    {
        if (Tuning is null)
        {
            return;
        }

        Tuning.Validate();
        if (TextEncoder is not null)
        {
            throw new ArgumentException($"{nameof(Tuning)} and {nameof(TextEncoder)} are both set; a text encoder is either tuned or read from a file.", nameof(TextEncoder));
        }

        if (string.IsNullOrWhiteSpace(TuningClip ?? AcceptanceFilter?.Clip))
        {
            throw new ArgumentException($"{nameof(Tuning)} needs a judge: set {nameof(TuningClip)} or {nameof(AcceptanceFilter)}.", nameof(TuningClip));
        }

        if (Tuning.CheckpointPath is not null)
        {
            throw new ArgumentException($"{nameof(Tuning)}.{nameof(Tuning.CheckpointPath)} is set; the checkpoint lies in the folder tuning of {nameof(StorePath)}.", nameof(Tuning));
        }

        if (Tuning.Sampling.Preview is not null || Tuning.Sampling.Seeds is not null)
        {
            throw new ArgumentException($"{nameof(Tuning)}.{nameof(Tuning.Sampling)} has a preview or seeds; tuning uses neither.", nameof(Tuning));
        }
    }
}
