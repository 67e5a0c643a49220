using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TorchSharp;
using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Tuning;
using static TorchSharp.torch;

namespace MicroWorld.Evaluation;

/// <summary>Measures what each step of the method adds on the micro world.</summary>
internal sealed class Ablation
{
    private static readonly IReadOnlyList<string> Ranks = [.. TestFigures.Names, "validation mAP"];

    private readonly AblationOptions options;
    private readonly ClipModel clip;

    // Name the files of the pool, of the tuned text encoder with its pool, and of the runs' figures by all that each depends on.
    private readonly string poolId, tunedId, runsId;
    private readonly List<Example> train, validation, test, last;

    public Ablation(AblationOptions options)
    {
        this.options = options;
        clip = ClipModel.FromPretrained(options.Clip);
        poolId = Id(CheckpointFingerprint.Compute(options.Diffusion), JsonSerializer.Serialize(Generation.Sampling));
        tunedId = Id(poolId, CheckpointFingerprint.Compute(options.Clip), JsonSerializer.Serialize(options.Tuning));
        runsId = Id("run figures", tunedId, JsonSerializer.Serialize(options with { Clip = "", Diffusion = "", Work = "", Seeds = [], Only = "" }));
        (train, validation, test) = (Real(TargetSplit.Train), Real(TargetSplit.Validation), Real(TargetSplit.Test));
        last = options.Sealed ? Real(TargetSplit.Sealed) : [];
    }

    /// <summary>Prints the table, one line a variant: mean ± standard deviation over the seeds. A run that was stopped goes on where it was.</summary>
    public void Print()
    {
        using var judge = new Judge(clip, WorldLabels.Unseen);
        Lazy<List<Example>> pool = new(Pool), tuned = new(() => TunedPool(judge));
        var kept = Kept(judge, "generated", pool);
        var keptTuned = Kept(judge, "generated with the tuned text encoder", tuned);

        var (plain, fused) = (Shape(fusion: false), Shape(fusion: true));
        var corrected = options.Training;
        var published = corrected with { SeparatePasses = true, PublishedSchedule = true };
        Lazy<List<Example>> drawn = new(() => SyntheticPool.Drawn(options.PoolSize));
        Variant[] variants =
        [
            new("seen only", plain, corrected, null),
            new("+ synthetic, unfiltered", plain, corrected, pool),
            new("+ filter", plain, corrected, kept),
            new("+ fusion (full method)", fused, corrected, kept),
            new("+ tuned text encoder", fused, corrected, keptTuned),
            new("full method, published schedule", fused, published, kept),
            new("seen only, with fusion", fused, corrected, null),
            new("full method, unfiltered", fused, corrected, pool),
            new("full method, drawn instead of generated", fused, corrected, drawn),
            new("photos of every label (upper bound)", fused, corrected, null) { Photos = TargetSplit.FullyAnnotated },
        ];
        variants = [.. variants.Where(v => v.Name.Contains(options.Only, StringComparison.Ordinal))];
        var log = new RunLog(Path.Combine(options.Work, $"runs-{runsId}.tsv"));
        var figures = variants.ToDictionary(v => v.Name, _ => new List<RunFigures>());
        foreach (var seed in options.Seeds)
        {
            foreach (var variant in variants)
            {
                figures[variant.Name].Add(RunFigures.Parse(log.Get(variant.Name, seed, () => Run(variant, seed).Values)));
            }
        }

        var table = new ResultTable(Console.Out);
        table.Header("test", Ranks);
        foreach (var (name, size, corners) in ZeroShots())
        {
            table.Row(name, [[.. ZeroShot(test, size, corners).Values, ZeroShot(validation, size, corners).SeenMap]]);
        }

        foreach (var (name, runs) in figures)
        {
            table.Row(name, [.. runs.Select(r => r.Ranks)]);
            table.Row($"{name}, views", [.. runs.Select(r => r.ViewRanks)]);
        }

        if (options.Sealed)
        {
            table.Header("sealed test", TestFigures.Names);
            foreach (var (name, size, corners) in ZeroShots())
            {
                table.Row(name, [ZeroShot(last, size, corners).Values]);
            }

            foreach (var (name, runs) in figures)
            {
                table.Row(name, [.. runs.Select(r => r.Sealed)]);
                table.Row($"{name}, views", [.. runs.Select(r => r.SealedViews)]);
            }
        }

        table.Header("scores and tags", ScoreFigures.Names);
        foreach (var (name, runs) in figures)
        {
            table.Row($"{name}: 0.5 of the network's scores", [.. runs.Select(r => r.AtHalf)]);
            table.Row($"{name}: calibrated, thresholds of labels", [.. runs.Select(r => r.Calibrated)]);
        }
    }

    private IEnumerable<(string Name, int? Size, bool Corners)> ZeroShots()
    {
        yield return ("zero-shot CLIP", null, false);
        yield return ("zero-shot CLIP, views", null, true);
        if (options.Size is { } size)
        {
            yield return ($"zero-shot CLIP, {size} px", size, false);
        }
    }

    private RunFigures Run(Variant variant, int seed)
    {
        IReadOnlyList<Example> chosen = variant.Synthetic is { } pool ? SyntheticPool.Choose(pool.Value, options.SyntheticCount, seed) : [];
        var photos = variant.Photos == TargetSplit.Train ? train : Real(variant.Photos);
        manual_seed(seed);
        using var scope = NewDisposeScope();
        using var classifier = FusionClassifier.Create(clip, WorldLabels.All, variant.Shape);
        using var rows = TrainingRows.Create(classifier, [.. photos, .. chosen]);
        FusionClassifierTrainer.Fit(classifier, variant.Training with { Seed = seed }, rows);
        var (ranks, sealedRanks) = (Ranked(classifier), Last(classifier));
        var plain = Holds(classifier, Enumerable.Repeat(0.5, WorldLabels.All.Length));
        using var heldOut = TrainingRows.Create(classifier, validation);
        classifier.Calibrate(heldOut);
        var calibrated = Holds(classifier, classifier.Calibration!.Labels.Select(l => l.Threshold));
        classifier.Calibration = null;
        classifier.Views = new();
        return new(ranks, plain.Values, calibrated.Values, Ranked(classifier), sealedRanks, Last(classifier));
    }

    private List<Example> Pool()
    {
        using var pipeline = StableDiffusionPipeline.FromPretrained(options.Diffusion);
        return SyntheticPool.Load(pipeline, Path.Combine(options.Work, $"pool-{poolId}.bin"), options.PoolSize);
    }

    private List<Example> TunedPool(Judge judge)
    {
        using var pipeline = StableDiffusionPipeline.FromPretrained(options.Diffusion);
        var path = Path.Combine(options.Work, $"pool-tuned-{tunedId}.bin");
        if (!SyntheticPool.IsComplete(path, options.PoolSize))
        {
            Tune(pipeline, judge);
        }

        return SyntheticPool.Load(pipeline, path, options.PoolSize);
    }

    private void Tune(StableDiffusionPipeline pipeline, Judge judge)
    {
        var tuning = options.Tuning with { CheckpointPath = Path.Combine(options.Work, $"tuned-{tunedId}.safetensors") };
        var result = TextEncoderTuner.Tune(pipeline, judge.Discriminator, step => TuningSamples(judge, step), tuning);
        var values = result.TargetValues;
        Console.WriteLine(Invariant($"Tuning: V of the targets {values.Take(20).Average():F3} in the first 20 steps, {values.TakeLast(20).Average():F3} in the last 20."));
    }

    private IReadOnlyList<TuningSample> TuningSamples(Judge judge, int step) =>
    [
        .. Enumerable.Range(0, options.Tuning.BatchSize)
            .Select(i => SyntheticPool.Labels(1_000_000 + step * options.Tuning.BatchSize + i))
            .Select(l => new TuningSample(Generation.Prompt(l), judge.Indices(l))),
    ];

    // Nothing is generated or judged for variants that are not asked for.
    private static Lazy<List<Example>> Kept(Judge judge, string what, Lazy<List<Example>> pool) => new(() =>
    {
        var kept = SyntheticPool.Filter(judge, pool.Value);
        Console.WriteLine(Invariant($"{pool.Value.Count} {what}, {kept.Count} kept by the filter ({Share(pool.Value, kept, 1):F0} % of one object, {Share(pool.Value, kept, 2):F0} % of two)."));
        return kept;
    });

    private FusionClassifierOptions Shape(bool fusion) => new() { ContextTokens = options.ContextTokens, Fusion = fusion, InputSize = options.Size };

    private IReadOnlyList<double> Ranked(FusionClassifier classifier) => [.. Figures(classifier, test).Values, Figures(classifier, validation).SeenMap];

    private IReadOnlyList<double> Last(FusionClassifier classifier) => options.Sealed ? Figures(classifier, last).Values : [];

    private ScoreFigures Holds(FusionClassifier classifier, IEnumerable<double> thresholds) =>
        ScoreFigures.Of(Scoring.Of(classifier, test), [.. test.Select(e => e.Labels)], [.. thresholds]);

    private static TestFigures Figures(FusionClassifier classifier, IReadOnlyList<Example> examples) =>
        TestFigures.Of(Scoring.Of(classifier, examples), [.. examples.Select(e => e.Labels)]);

    private TestFigures ZeroShot(IReadOnlyList<Example> examples, int? size, bool corners) =>
        TestFigures.Of(Scoring.ZeroShot(clip, examples, size, corners), [.. examples.Select(e => e.Labels)]);

    private static List<Example> Real(TargetSplit split) =>
    [
        .. Enumerable.Range(0, TargetSet.Count(split))
            .Select(i => Example.Of(TargetSet.Picture(split, i), split == TargetSplit.FullyAnnotated ? Annotated.All : Annotated.Seen)),
    ];

    private static double Share(IReadOnlyList<Example> pool, IReadOnlyList<Example> kept, int objects) =>
        100.0 * kept.Count(e => e.Labels.Count == objects) / pool.Count(e => e.Labels.Count == objects);

    private static string Id(params string[] parts) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))))[..12];

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Variant(string Name, FusionClassifierOptions Shape, FusionTrainingOptions Training, Lazy<List<Example>>? Synthetic)
    {
        public TargetSplit Photos { get; init; } = TargetSplit.Train;
    }
}
