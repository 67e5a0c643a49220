using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Store;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>What a run knows of a slot: its recorded attempts, and which of them are still as recorded.</summary>
internal sealed class SlotState
{
    private readonly int slot;
    private readonly IReadOnlyList<string> labels;
    private readonly HashSet<int> damaged;
    private IReadOnlyList<AttemptRecord> attempts;

    private SlotState(int slot, IReadOnlyList<string> labels, IReadOnlyList<AttemptRecord> attempts, HashSet<int> damaged) =>
        (this.slot, this.labels, this.attempts, this.damaged) = (slot, labels, attempts, damaged);

    /// <summary>Reads a slot's record and checks its images.</summary>
    public static SlotState Load(SyntheticStore store, GenerationPlan plan, int slot)
    {
        var labels = plan.SetOf(slot).Labels;
        var attempts = store.Read(slot, labels)?.Attempts ?? [];
        return new SlotState(slot, labels, attempts, [.. Enumerable.Range(0, attempts.Count).Where(i => !store.IsIntact(attempts[i]))]);
    }

    /// <summary>Whether a round makes an attempt at this slot: no earlier attempt was accepted.</summary>
    public bool IsOpenAt(int attempt) => !attempts.Take(attempt).Any(a => a.Accepted);

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsFinished(int maxAttempts) => damaged.Count == 0 && (attempts.Any(a => a.Accepted) || attempts.Count >= maxAttempts);

    /// <summary>Whether an attempt is recorded and its image is as recorded.</summary>
    public bool Has(int attempt) => attempt < attempts.Count && !damaged.Contains(attempt);

    /// <summary>What to ask for. A recorded attempt keeps its prompt, whatever has become of the prompt files.</summary>
    public SlotAttempt Wish(GenerationPlan plan, PromptCache prompts, int attempt)
    {
        if (attempt < attempts.Count)
        {
            return new SlotAttempt(slot, attempt, labels, attempts[attempt].Prompt, attempts[attempt].Seed);
        }

        var choice = prompts.Read(plan.SetOf(slot));
        return new SlotAttempt(slot, attempt, labels, choice[plan.PromptOf(slot, attempt, choice.Count)], plan.SeedOf(slot, attempt));
    }

    /// <summary>Keeps the image and records the attempt.</summary>
    /// <returns>The record as it is now.</returns>
    public SlotRecord Add(SyntheticStore store, SlotAttempt wish, SlotOutcome outcome, SlotRunnerOptions options)
    {
        var isAccepted = outcome is { IsAccepted: true, Image: not null };
        var image = outcome.Image is { } pixels && (isAccepted || options.KeepRejected) ? Keep(store, pixels, isAccepted, wish.Attempt, options.Format) : null;
        var record = new AttemptRecord(wish.Prompt, wish.Seed, isAccepted, outcome is { Image: null, Refusal: null }, image, outcome.PseudoLabels, outcome.Scores)
        {
            Model = outcome.Model,
            Refusal = outcome.Refusal,
        };
        var now = store.Record(slot, labels, wish.Attempt, attempts, record);
        attempts = now.Attempts;
        damaged.Remove(wish.Attempt);
        return now;
    }

    private StoredImage Keep(SyntheticStore store, RgbPixels image, bool isAccepted, int attempt, ImageFileFormat format)
    {
        var ending = format.Ending();
        var file = isAccepted ? StoreLayout.Image(slot, ending) : StoreLayout.RejectedImage(slot, attempt, ending);
        return store.Write(file, format.Encode(image), image.Width, image.Height);
    }
}
