using System.Globalization;

namespace ZsMlc.MLNet.SyntheticData.Plan;

/// <summary>
/// Which label set each image is to show. Slot j's set, and prompt and seed of each attempt at it, depend on the settings
/// and j alone, so that any process can do any part.
/// </summary>
/// <remarks>Two numbers a slot; the label sets are kept once each.</remarks>
internal sealed class GenerationPlan
{
    /// <summary>Name of this way of planning; another one makes other images.</summary>
    public const string Version = "plan/1";

    private readonly int[] setOfSlot;
    private readonly int[] rankOfSlot;

    private GenerationPlan(PlanSettings settings, List<PlannedSet> sets, int[] setOfSlot, int[] rankOfSlot) =>
        (Settings, Sets, this.setOfSlot, this.rankOfSlot) = (settings, sets, setOfSlot, rankOfSlot);

    public PlanSettings Settings { get; }

    /// <summary>The different label sets, in the order of their first slots.</summary>
    public IReadOnlyList<PlannedSet> Sets { get; }

    /// <summary>Number of slots.</summary>
    public int Count => setOfSlot.Length;

    /// <summary>Draws the plan: sets of 1 to <see cref="PlanSettings.LabelsPerImage"/> labels, uniformly over the labels still short of their quota.</summary>
    /// <exception cref="ArgumentException">There is no label, a number is out of range, or a confusable pair is not one.</exception>
    public static GenerationPlan Create(PlanSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.ImagesPerLabel, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.LabelsPerImage, 1);
        if (settings.Labels.Count == 0)
        {
            throw new ArgumentException("There are no unseen labels to generate images for.", nameof(settings));
        }

        var apart = new LabelConflicts(settings);
        var quota = Enumerable.Repeat(settings.ImagesPerLabel, settings.Labels.Count).ToArray();
        List<int> open = [.. Enumerable.Range(0, quota.Length)];
        List<(int Set, int Rank)> slots = [];
        List<(IReadOnlyList<string> Labels, int Slots)> sets = [];
        Dictionary<string, int> known = new(StringComparer.Ordinal);
        var random = new SampleRandom(settings.Seed, Version);
        while (open.Count > 0)
        {
            var drawn = Draw(ref random, open, apart, settings.LabelsPerImage);
            var key = string.Join(',', drawn.Order().Select(i => i.ToString(CultureInfo.InvariantCulture)));
            if (!known.TryGetValue(key, out var set))
            {
                // The order of the first draw is kept, so that no label is always named first.
                known.Add(key, set = sets.Count);
                sets.Add(([.. drawn.Select(i => settings.Labels[i])], 0));
            }

            slots.Add((set, sets[set].Slots));
            sets[set] = sets[set] with { Slots = sets[set].Slots + 1 };
            foreach (var label in drawn)
            {
                if (--quota[label] == 0)
                {
                    open.Remove(label);
                }
            }
        }

        return new GenerationPlan(settings, [.. sets.Select((s, i) => new PlannedSet(i, s.Labels, s.Slots))], [.. slots.Select(s => s.Set)], [.. slots.Select(s => s.Rank)]);
    }

    /// <summary>The label set of a slot.</summary>
    public PlannedSet SetOf(int slot) => Sets[setOfSlot[slot]];

    /// <summary>Which of a set's prompts an attempt uses: the slots of a set start one after another, each attempt moves on by one.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="attempt">The attempt, from 0.</param>
    /// <param name="prompts">How many prompts the set has, 1 or more.</param>
    public int PromptOf(int slot, int attempt, int prompts)
    {
        var start = new SampleRandom(Settings.Seed, $"prompt/{setOfSlot[slot]}").Next(prompts);
        return (int)(((long)start + rankOfSlot[slot] + attempt) % prompts);
    }

    /// <summary>The seed of an attempt's noise.</summary>
    public long SeedOf(int slot, int attempt) => new SampleRandom(Settings.Seed, $"noise/{slot}/{attempt}").NextSeed();

    private static List<int> Draw(ref SampleRandom random, List<int> open, LabelConflicts apart, int most)
    {
        var size = 1 + random.Next(most);
        List<int> drawn = [open[random.Next(open.Count)]];
        while (drawn.Count < size)
        {
            var fitting = open.Where(label => !drawn.Exists(other => other == label || apart[label, other])).ToList();
            if (fitting.Count == 0)
            {
                break;
            }

            drawn.Add(fitting[random.Next(fitting.Count)]);
        }

        return drawn;
    }
}
