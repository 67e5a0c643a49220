using ZsMlc.MLNet;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.Samples.ZeroShotCoco.Commands;

namespace ZsMlc.Samples.ZeroShotCoco;

/// <summary>What pictures are generated with; written down so that training opens the same store.</summary>
internal sealed record GenerationJob
{
    /// <summary>Labels that are mistaken for each other in pictures; they are not asked for together.</summary>
    private static readonly (string, string)[] s_confusable = [("skateboard", "snowboard"), ("elephant", "cow"), ("sink", "cup"), ("scissors", "knife")];

    public required string Diffusion { get; init; }

    public required string Judge { get; init; }

    public required Preset Preset { get; init; }

    public required int ImagesPerLabel { get; init; }

    public required int Seed { get; init; }

    /// <summary>Side of decoding tiles in latents, which changes the pictures slightly; 0 for none.</summary>
    public int DecodingTile { get; init; }

    /// <summary>The options of the generator, for the whole work.</summary>
    public SyntheticUnseenDataOptions Options(Workspace work)
    {
        var labels = LabelSet.Load(work.Require(work.Labels, "split"));
        var (diffusion, judge) = (SharedOptions.Resolve(Diffusion, m => m.Diffusion), SharedOptions.Resolve(Judge, m => m.Clip));
        var options = Preset == Preset.Published
            ? SyntheticUnseenDataOptions.Published(labels, diffusion, judge, work.Store)
            : new SyntheticUnseenDataOptions { Labels = labels, Diffusion = diffusion, StorePath = work.Store, AcceptanceFilter = new() { Clip = judge } };
        return options with
        {
            ImagesPerLabel = ImagesPerLabel,
            Sampling = options.Sampling with { DecodingTile = DecodingTile },
            LabelsPerImage = Math.Clamp(labels.Unseen.Count - 1, 1, 2), // the judge compares with at least one other label
            ConfusablePairs = [.. s_confusable.Where(pair => labels.IsUnseen(pair.Item1) && labels.IsUnseen(pair.Item2))],
            Prompts = Directory.Exists(work.Prompts) ? PromptSource.Files(work.Prompts) : PromptSource.Templates(),
            TextEncoder = File.Exists(work.TextEncoder) ? work.TextEncoder : null,
            Seed = Seed,
        };
    }
}
