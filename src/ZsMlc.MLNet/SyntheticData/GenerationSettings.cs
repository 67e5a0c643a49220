using TorchSharp;
using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.MLNet.SyntheticData.Services;
using ZsMlc.MLNet.SyntheticData.Store;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Tuning;
using ZsMlc.Torch.Filtering;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>What a fitted generator keeps of its options, as saved in the model file, and what its images depend on.</summary>
internal sealed record GenerationSettings
{
    private const string FilterClip = $"{nameof(SyntheticUnseenDataOptions.AcceptanceFilter)}.{nameof(AcceptanceFilterOptions.Clip)}";

    public required IReadOnlyList<string> Seen { get; init; }

    /// <summary>Path of the diffusion model; <see langword="null"/> where a service painted.</summary>
    public required string? Diffusion { get; init; }

    /// <summary>What the images of a service depend on; <see langword="null"/> where a diffusion model painted.</summary>
    public ServiceIdentity? Service { get; init; }

    public required string StorePath { get; init; }

    /// <summary>Labels, quotas and seed: the plan follows from them alone.</summary>
    public required PlanSettings Plan { get; init; }

    public string PlanVersion { get; init; } = GenerationPlan.Version;

    /// <summary>Identity of the prompt source.</summary>
    public required string Prompts { get; init; }

    public int PromptsPerSet { get; init; }

    /// <summary>All names of each unseen label.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Names { get; init; }

    public required string NegativePrompt { get; init; }

    public required GenerationOptions Sampling { get; init; }

    public ImageFileFormat Format { get; init; }

    public AcceptanceFilterOptions? AcceptanceFilter { get; init; }

    public TextEncoderTuningOptions? Tuning { get; init; }

    public bool KeepRejected { get; init; }

    public torch.ScalarType? Precision { get; init; }

    public required string ImageColumn { get; init; }

    public required string LabelColumn { get; init; }

    public required string SyntheticColumn { get; init; }

    public required string PromptColumn { get; init; }

    /// <summary>Fingerprints of the diffusion model, the judges and a given text encoder.</summary>
    public required ModelFingerprints Models { get; init; }

    /// <summary>Whether the model file holds a text encoder.</summary>
    public bool HasTextEncoder { get; init; }

    public SyntheticDataStatistics Statistics { get; init; } = new();

    /// <summary>Reads the fingerprints of the models.</summary>
    /// <param name="options">Checked options.</param>
    /// <param name="seed">The seed.</param>
    /// <exception cref="FileNotFoundException">A model does not exist.</exception>
    public static GenerationSettings Of(SyntheticUnseenDataOptions options, int seed) => new()
    {
        Seen = options.Labels.Seen,
        Diffusion = options.Source.ModelPath,
        Service = options.Source.Service,
        StorePath = options.StorePath,
        Plan = new()
        {
            Labels = options.Labels.Unseen,
            ImagesPerLabel = options.ImagesPerLabel,
            LabelsPerImage = options.LabelsPerImage,

            // Seen labels are never asked for, so a pair with one needs no care.
            ConfusablePairs = [.. options.ConfusablePairs.Where(p => options.Labels.IsUnseen(p.First) && options.Labels.IsUnseen(p.Second)).Select(p => new LabelPair(p.First, p.Second))],
            Parents = options.Hierarchy.Parents,
            Seed = seed,
        },
        Prompts = options.Prompts.Identity,
        PromptsPerSet = options.PromptsPerSet ?? options.Prompts.DefaultPromptsPerSet,
        Names = [.. options.Labels.Unseen.Select(options.Names.Of)],
        NegativePrompt = options.NegativePrompt,
        Sampling = options.Sampling,
        Format = options.Format,
        AcceptanceFilter = options.AcceptanceFilter,
        Tuning = options.Tuning,
        KeepRejected = options.KeepRejected,
        Precision = options.Precision,
        ImageColumn = options.ImageColumn,
        LabelColumn = options.LabelColumn,
        SyntheticColumn = options.SyntheticColumn,
        PromptColumn = options.PromptColumn,
        Models = ModelFingerprints.Of(options),
    };

    /// <summary>Throws where no options can have led to these settings.</summary>
    /// <exception cref="ArgumentException">The message names the option.</exception>
    public void Check()
    {
        ToOptions(PromptSource.Templates(), textEncoder: null).Validate();
        Tuning?.Validate();
    }

    public LabelSet Labels() => LabelSet.Create(Seen, Plan.Labels);

    public LabelHierarchy Hierarchy() => new(Plan.Parents);

    /// <summary>The options again, for a loaded model to make its images; a tuned text encoder comes from its file.</summary>
    public SyntheticUnseenDataOptions ToOptions(PromptSource prompts, string? textEncoder) => new()
    {
        Labels = Labels(),
        Diffusion = Diffusion,
        Images = Service is null ? null : ServiceSource.Saved(Service),
        StorePath = StorePath,
        ImagesPerLabel = Plan.ImagesPerLabel,
        LabelsPerImage = Plan.LabelsPerImage,
        Prompts = prompts,
        PromptsPerSet = PromptsPerSet,
        Names = new(Plan.Labels.Zip(Names, (label, names) => KeyValuePair.Create(label, (IReadOnlyList<string>)[.. names.Skip(1)]))),
        Hierarchy = Hierarchy(),
        NegativePrompt = NegativePrompt,
        Sampling = Sampling,
        Format = Format,
        AcceptanceFilter = AcceptanceFilter,
        TextEncoder = textEncoder,
        KeepRejected = KeepRejected,
        Seed = Plan.Seed,
        Precision = Precision,
    };

    /// <summary>The labels that the judge compares; none without a filter.</summary>
    public IReadOnlyList<string> Candidates() => AcceptanceFilter is null ? [] : Plan.Labels;

    /// <summary>Everything that changes images, under the names of the options. Paths, devices, batches and shards do not.</summary>
    public StoreIdentity Identity() => Service is null ? DiffusionIdentity() : ServiceIdentity(Service);

    private StoreIdentity DiffusionIdentity() => PlanIdentity()
        .Add(nameof(SyntheticUnseenDataOptions.Sampling), Sampling with { BatchSize = 1, AttentionSlice = 0, SliceDecoding = false, UnpackedWeights = false })
        .Add(nameof(SyntheticUnseenDataOptions.Format), Format.ToString())
        .Add(nameof(SyntheticUnseenDataOptions.Precision), Precision?.ToString())
        .Add(nameof(SyntheticUnseenDataOptions.AcceptanceFilter), FilterWithoutPath())
        .Add(nameof(SyntheticUnseenDataOptions.Tuning), Tuning is null ? null : Tuning with { CheckpointInterval = 1 })
        .Add(nameof(SyntheticUnseenDataOptions.Diffusion), Models.Diffusion)
        .Add(FilterClip, Models.FilterClip)
        .Add(nameof(SyntheticUnseenDataOptions.TuningClip), Models.TuningClip)
        .Add(nameof(SyntheticUnseenDataOptions.TextEncoder), Models.TextEncoder);

    private StoreIdentity ServiceIdentity(ServiceIdentity service) => PlanIdentity()
        .Add(nameof(SyntheticUnseenDataOptions.Images), service)
        .Add(nameof(SyntheticUnseenDataOptions.Format), Format.ToString())
        .Add(nameof(SyntheticUnseenDataOptions.AcceptanceFilter), FilterWithoutPath())
        .Add(FilterClip, Models.FilterClip);

    private StoreIdentity PlanIdentity() => new StoreIdentity()
        .Add(nameof(PlanVersion), PlanVersion)
        .Add(nameof(SyntheticUnseenDataOptions.Labels), Plan.Labels)
        .Add(nameof(SyntheticUnseenDataOptions.ImagesPerLabel), Plan.ImagesPerLabel)
        .Add(nameof(SyntheticUnseenDataOptions.LabelsPerImage), Plan.LabelsPerImage)
        .Add(nameof(SyntheticUnseenDataOptions.ConfusablePairs), Plan.ConfusablePairs)
        .Add(nameof(SyntheticUnseenDataOptions.Hierarchy), Plan.Parents)
        .Add(nameof(SyntheticUnseenDataOptions.Seed), Plan.Seed)
        .Add(nameof(SyntheticUnseenDataOptions.Prompts), Prompts)
        .Add(nameof(SyntheticUnseenDataOptions.PromptsPerSet), PromptsPerSet)
        .Add(nameof(SyntheticUnseenDataOptions.Names), Names)
        .Add(nameof(SyntheticUnseenDataOptions.NegativePrompt), NegativePrompt);

    private AcceptanceFilterOptions? FilterWithoutPath() => AcceptanceFilter is null ? null : AcceptanceFilter with { Clip = "" };
}

/// <summary>Which models images were made with; <see langword="null"/> where none was used.</summary>
internal sealed record ModelFingerprints(string? Diffusion, string? FilterClip, string? TuningClip, string? TextEncoder)
{
    /// <summary>Throws when the models that make and judge images are no longer these.</summary>
    /// <exception cref="InvalidOperationException">A model is another one.</exception>
    /// <exception cref="FileNotFoundException">A model does not exist.</exception>
    public void Check(SyntheticUnseenDataOptions options)
    {
        if (options.Source.ModelPath is { } path)
        {
            Check(nameof(options.Diffusion), path, Diffusion);
        }

        if (options.AcceptanceFilter is { } filter)
        {
            Check($"{nameof(options.AcceptanceFilter)}.{nameof(filter.Clip)}", filter.Clip, FilterClip);
        }
    }

    public static ModelFingerprints Of(SyntheticUnseenDataOptions options)
    {
        var filter = options.AcceptanceFilter is { } f ? CheckpointFingerprint.Compute(f.Clip) : null;
        return new(
            options.Source.ModelPath is { } path ? CheckpointFingerprint.Compute(path) : null,
            filter,
            options.Tuning is null ? null : options.TuningClip is null ? filter : CheckpointFingerprint.Compute(options.TuningClip),
            options.TextEncoder is { } file ? CheckpointFingerprint.Compute(file) : null);
    }

    private static void Check(string option, string path, string? expected)
    {
        if (CheckpointFingerprint.Compute(path) != expected)
        {
            throw new InvalidOperationException($"The model at {path} ({option}) is not the one that the images were made with. Put that one back, or fit again into another store.");
        }
    }
}
