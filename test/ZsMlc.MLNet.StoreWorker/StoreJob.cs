using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.MLNet.SyntheticData.Store;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>A job whose store a test compares byte for byte: four labels, about 110 slots, up to four attempts, rejected images kept.</summary>
internal static class StoreJob
{
    public const int MaxAttempts = 4;

    public static IReadOnlyList<string> Labels { get; } = ["cat", "dog", "traffic light", "cup"];

    public static PlanSettings Plan { get; } = new() { Labels = Labels, ImagesPerLabel = 40, ConfusablePairs = [new("cat", "dog")], Seed = 11 };

    public static StoreIdentity Identity(PlanSettings plan) => new StoreIdentity().Add("Labels", plan.Labels).Add("Plan", plan);

    public static SyntheticStore Open(string folder, PlanSettings? plan = null) => SyntheticStore.Open(folder, Identity(plan ?? Plan), Labels);

    public static SlotRunnerOptions Options(Shard shard) => new()
    {
        MaxAttempts = MaxAttempts,
        KeepRejected = true,
        Shard = shard,
        Prompts = new(PromptSource.Templates(), 50, LabelNames.Default),
    };

    /// <summary>Does a shard's part.</summary>
    public static SlotRunResult Run(string folder, ISlotGenerator generator, Shard shard, PlanSettings? plan = null)
    {
        using var store = Open(folder, plan);
        return new SlotRunner(GenerationPlan.Create(plan ?? Plan), store, Options(shard)).Run(generator, CancellationToken.None);
    }
}
