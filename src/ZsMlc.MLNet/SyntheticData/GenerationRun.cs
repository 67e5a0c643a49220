using System.Globalization;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Interop;
using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Services;
using ZsMlc.MLNet.SyntheticData.Store;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Fills a store: prompts, then the tuning of the text encoder, then images. What is there already is not made again.</summary>
/// <param name="environment">Device and messages.</param>
/// <param name="options">Checked options.</param>
/// <param name="settings">The same, with seed and fingerprints.</param>
internal sealed class GenerationRun(IHostEnvironment environment, SyntheticUnseenDataOptions options, GenerationSettings settings)
{
    private const string Source = nameof(SyntheticUnseenDataEstimator);

    /// <summary>Does this shard's part.</summary>
    /// <returns>The settings with the statistics of all shards' work so far, the prompts, and the tuned text encoder if there is one.</returns>
    /// <exception cref="StoreMismatchException">The store was made with other options.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; the store keeps what was done.</exception>
    public (GenerationSettings Settings, SavedPrompts Prompts, TunedTextEncoder? TextEncoder) Execute()
    {
        using var memory = KeptMemory.Run();
        var device = environment.Device(Source);
        var plan = GenerationPlan.Create(settings.Plan);
        using var store = SyntheticStore.Open(options.StorePath, settings.Identity(), settings.Candidates());
        var tuning = options.Tuning is null ? null : new EncoderTuning(environment, options, plan, store.Path);
        tuning?.CheckShard();
        var runner = new SlotRunner(plan, store, RunnerOptions());
        environment.Info(Source, $"{plan.Count} images of {plan.Sets.Count} label sets by {options.Source}{(options.Shard.Count > 1 ? $", shard {options.Shard.Index} of {options.Shard.Count}" : "")}, into {store.Path}, on {device}.");
        if (options.AcceptanceFilter is not null && options.LabelsPerImage >= options.Labels.Unseen.Count)
        {
            Warn($"Images of all {options.Labels.Unseen.Count} unseen labels pass the filter whatever they show: no label is left to compare with. Set {nameof(options.LabelsPerImage)} below that number.");
        }

        if (tuning is { IsNeeded: true })
        {
            tuning.Run(runner.FetchPrompts(options.CancellationToken), device);
        }

        var encoder = tuning?.EncoderPath ?? options.TextEncoder;
        using var generator = options.Source.Open(options, new(settings.Models, encoder, device, Warn));
        var result = runner.Run(generator, options.CancellationToken);
        Tell(result.Statistics, result);
        var prompts = SavedPrompts.Of(options.Prompts, plan, runner.PromptsOf);
        return (settings with { Statistics = result.Statistics }, prompts, encoder is null ? null : TunedTextEncoder.At(encoder));
    }

    private void Warn(string message) => environment.Warning(Source, message);

    private SlotRunnerOptions RunnerOptions() => new()
    {
        BatchSize = options.Source.BatchSize(options),
        MaxAttempts = options.Source.MaxAttempts(options),
        MaxImages = options.Source.MaxImages,
        KeepRejected = options.KeepRejected,
        Format = options.Format,
        Shard = options.Shard,
        Prompts = new(options.Prompts, settings.PromptsPerSet, options.Names),
        Progress = new Messages(environment, options.Progress),
        Warn = Warn,
    };

    private void Tell(SyntheticDataStatistics statistics, SlotRunResult result)
    {
        environment.Info(Source, string.Create(CultureInfo.InvariantCulture,
            $"{statistics.Accepted} of {statistics.Asked} images are there; {statistics.Generated} were generated ({result.Generated} now), {statistics.Abandoned} of them given up at their preview{(statistics.Refused > 0 ? $", {statistics.Refused} refused by the service" : "")}."));
        if (statistics.PromptsFromTemplates > 0)
        {
            Warn($"{statistics.PromptsFromTemplates} prompts are templates, because the source did not deliver enough.");
        }

        if (result.IsAtLimit)
        {
            Warn($"The limit of {options.Source.MaxImages} images is reached ({nameof(ImageServiceOptions)}.{nameof(ImageServiceOptions.MaxImages)}), and images are missing. Fit again with a higher one to go on.");
        }
        else if (!result.IsComplete)
        {
            environment.Info(Source, "Other shards are not finished yet.");
        }
        else if (statistics.Short is { Count: > 0 } missing)
        {
            Warn($"{missing.Count} labels have fewer accepted images than asked for after {options.Source.MaxAttempts(options)} attempts at each: {string.Join(", ", missing.Take(20).Select(l => $"{l.Label} ({l.Accepted} of {l.Asked})"))}{(missing.Count > 20 ? ", …" : "")}.");
        }
    }

    /// <summary>Passes progress on and writes a line for every twentieth of the images.</summary>
    private sealed class Messages(IHostEnvironment environment, IProgress<GenerationProgress>? next) : IProgress<GenerationProgress>
    {
        private int _told;

        public void Report(GenerationProgress value)
        {
            next?.Report(value);
            var part = value.Total == 0 ? 0 : (int)(20L * value.Completed / value.Total);
            if (value.Phase == GenerationPhase.Images && Interlocked.Exchange(ref _told, part) < part)
            {
                environment.Info(Source, $"{value.Completed} of {value.Total} images are done; {value.Generated} generated, {value.Accepted} accepted in this run.");
            }
        }
    }
}
