using System.Security.Cryptography;
using System.Text;

namespace ZsMlc.MLNet.SyntheticData.Plan;

[TestClass]
public sealed class GenerationPlanTests
{
    private static readonly PlanSettings s_settings = new()
    {
        Labels = ["cat", "dog", "car", "cup", "sofa", "tie"],
        ImagesPerLabel = 30,
        LabelsPerImage = 3,
        ConfusablePairs = [new("cat", "dog")],
        Parents = new Dictionary<string, IReadOnlyList<string>> { ["sofa"] = ["furniture"], ["cat"] = ["pet"], ["pet"] = ["tie"] },
        Seed = 5,
    };

    [TestMethod]
    public void Create_Quotas_EveryLabelOccursThatOften()
    {
        var plan = GenerationPlan.Create(s_settings);

        foreach (var label in s_settings.Labels)
        {
            Assert.AreEqual(30, Slots(plan).Count(set => set.Labels.Contains(label)), label);
        }

        Assert.AreEqual(plan.Count, plan.Sets.Sum(s => s.Slots));
        CollectionAssert.AreEquivalent(new[] { 1, 2, 3 }, plan.Sets.Select(s => s.Labels.Count).Distinct().ToArray());
        Assert.IsTrue(plan.Sets.All(s => s.Labels.Distinct().Count() == s.Labels.Count));
        Assert.HasCount(plan.Sets.Count, plan.Sets.Select(s => string.Join('|', s.Labels.Order())).Distinct());
    }

    [TestMethod]
    public void Create_ConfusableAndRelatedLabels_AreNeverTogether()
    {
        var plan = GenerationPlan.Create(s_settings);

        Assert.IsFalse(plan.Sets.Any(s => s.Labels.Contains("cat") && s.Labels.Contains("dog")));
        Assert.IsFalse(plan.Sets.Any(s => s.Labels.Contains("cat") && s.Labels.Contains("tie")), "'tie' is an ancestor of 'cat' here.");
        Assert.IsTrue(plan.Sets.Any(s => s.Labels.Contains("dog") && s.Labels.Contains("tie")));
    }

    [TestMethod]
    public void Create_EveryPairConfusable_StillMeetsTheQuotas()
    {
        var plan = GenerationPlan.Create(new() { Labels = ["a", "b"], ImagesPerLabel = 7, ConfusablePairs = [new("b", "a")] });

        Assert.AreEqual(14, plan.Count);
        Assert.HasCount(2, plan.Sets);
    }

    [TestMethod]
    public void Create_SameSettings_GiveTheSamePlanAndSeedsOnEveryMachine()
    {
        var plan = GenerationPlan.Create(s_settings);

        var text = string.Join('\n', Enumerable.Range(0, plan.Count).Select(j => $"{string.Join('+', plan.SetOf(j).Labels)} {plan.PromptOf(j, 0, 10)} {plan.PromptOf(j, 3, 10)} {plan.SeedOf(j, 0)} {plan.SeedOf(j, 3)}"));

        // Another value here means other images for everyone: then the plan's version must change too.
        Assert.AreEqual("plan/1", GenerationPlan.Version);
        Assert.AreEqual("3fd9541425503d18", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]);
    }

    [TestMethod]
    public void Create_OtherSeed_GivesAnotherPlan()
    {
        var (a, b) = (GenerationPlan.Create(s_settings), GenerationPlan.Create(s_settings with { Seed = 6 }));

        Assert.AreNotEqual(string.Join('\n', Slots(a).Select(s => string.Join('+', s.Labels))), string.Join('\n', Slots(b).Select(s => string.Join('+', s.Labels))));
        Assert.AreNotEqual(a.SeedOf(0, 0), b.SeedOf(0, 0));
    }

    [TestMethod]
    public void Create_ManyLabels_FirstNamedAlikeOften()
    {
        var plan = GenerationPlan.Create(new() { Labels = [.. Enumerable.Range(0, 20).Select(i => $"label {i}")], ImagesPerLabel = 300, LabelsPerImage = 2 });
        var pairs = Slots(plan).Where(s => s.Labels.Count == 2).ToList();
        var first = plan.Settings.Labels.ToDictionary(l => l, l => pairs.Count(s => s.Labels[0] == l) / (double)pairs.Count(s => s.Labels.Contains(l)));

        // Sizes are drawn evenly, and no label is the first or the second of its pairs by its place in the list.
        Assert.AreEqual(0.5, pairs.Count / (double)plan.Count, 0.05);
        Assert.AreEqual(0.5, first.Values.Take(10).Average(), 0.1);
        Assert.AreEqual(0.5, first.Values.Skip(10).Average(), 0.1);
    }

    [TestMethod]
    public void PromptOf_SlotsAndAttempts_GoThroughThePrompts()
    {
        var plan = GenerationPlan.Create(s_settings);
        foreach (var set in plan.Sets)
        {
            var slots = Enumerable.Range(0, plan.Count).Where(j => plan.SetOf(j) == set).ToList();

            Assert.HasCount(Math.Min(slots.Count, 4), slots.Select(j => plan.PromptOf(j, 0, 4)).Distinct());
            Assert.HasCount(4, Enumerable.Range(0, 4).Select(a => plan.PromptOf(slots[0], a, 4)).Distinct());
        }
    }

    [TestMethod]
    public void SeedOf_AllAttempts_AreDifferentAndNotNegative()
    {
        var plan = GenerationPlan.Create(s_settings);

        var seeds = Enumerable.Range(0, plan.Count).SelectMany(j => Enumerable.Range(0, 10).Select(a => plan.SeedOf(j, a))).ToList();

        Assert.HasCount(seeds.Count, seeds.Distinct());
        Assert.IsTrue(seeds.All(s => s >= 0));
    }

    [TestMethod]
    public void Create_TwoHundredThousandSlots_TakesAFewBytesEach()
    {
        PlanSettings settings = new() { Labels = [.. Enumerable.Range(0, 81).Select(i => $"label {i}")], ImagesPerLabel = 3800 };
        Assert.IsGreaterThan(10_000, GenerationPlan.Create(settings with { ImagesPerLabel = 200 }).Count);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var plan = GenerationPlan.Create(settings);

        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.IsGreaterThan(200_000, plan.Count);
        Assert.IsLessThan(32L * plan.Count, kept);
        Assert.IsTrue(plan.Settings.Labels.All(label => plan.Sets.Where(s => s.Labels.Contains(label)).Sum(s => s.Slots) == 3800));
    }

    [TestMethod]
    [DataRow("zebra", "cat", "'zebra' is not an unseen label")]
    [DataRow("cat", "zebra", "'zebra' is not an unseen label")]
    [DataRow("cat", "cat", "'cat' is paired with itself")]
    public void Create_BadConfusablePair_NamesIt(string first, string second, string expected)
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => GenerationPlan.Create(s_settings with { ConfusablePairs = [new(first, second)] }));

        StringAssert.Contains(e.Message, expected);
        StringAssert.Contains(e.Message, "ConfusablePairs");
    }

    [TestMethod]
    public void Create_NumbersOutOfRangeOrNoLabels_Throws()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => GenerationPlan.Create(s_settings with { ImagesPerLabel = 0 }));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => GenerationPlan.Create(s_settings with { LabelsPerImage = 0 }));
        Assert.ThrowsExactly<ArgumentException>(() => GenerationPlan.Create(s_settings with { Labels = [], ConfusablePairs = [] }));
    }

    private static IEnumerable<PlannedSet> Slots(GenerationPlan plan) => Enumerable.Range(0, plan.Count).Select(plan.SetOf);
}
