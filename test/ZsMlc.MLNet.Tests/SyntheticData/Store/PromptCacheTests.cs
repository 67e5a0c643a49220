using System.Collections.Concurrent;
using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.MLNet.SyntheticData.Store;

[TestClass]
public sealed class PromptCacheTests
{
    private static readonly GenerationPlan s_plan = GenerationPlan.Create(StoreJob.Plan);

    [TestMethod]
    public async Task Fill_Twice_AsksOnceForEachSet()
    {
        using var folder = new TestFolder();
        using var store = StoreJob.Open(folder.Path);
        var source = new Answers("first");
        List<int> done = [];

        await Cache(store, source).FillAsync(s_plan.Sets, null, done.Add, CancellationToken.None);
        var other = new Answers("second");
        await Cache(store, other).FillAsync(s_plan.Sets, null, null, CancellationToken.None);

        Assert.HasCount(s_plan.Sets.Count, source.Asked);
        Assert.IsEmpty(other.Asked);
        CollectionAssert.AreEqual(Enumerable.Range(1, s_plan.Sets.Count).ToArray(), done);
        foreach (var set in s_plan.Sets)
        {
            CollectionAssert.AreEqual(new[] { "first 0", "first 1", "first 2" }, Cache(store, other).Read(set).ToArray());
            CollectionAssert.AreEqual(Cache(store, other).Read(set).ToArray(), PromptFiles.Read(PromptFiles.Find(folder["prompts"], set.Labels, LabelNames.None)!).ToArray());
        }
    }

    [TestMethod]
    public async Task Fill_AnotherProcessAnswersMeanwhile_TakesItsPrompts()
    {
        using var folder = new TestFolder();
        using var store = StoreJob.Open(folder.Path);
        var set = s_plan.Sets[0];
        var slow = new Answers("slow") { Meanwhile = () => Cache(store, new Answers("quick")).FillAsync([set], null, null, CancellationToken.None) };

        await Cache(store, slow).FillAsync([set], null, null, CancellationToken.None);

        Assert.AreEqual("quick 0", Cache(store, slow).Read(set)[0]);
    }

    [TestMethod]
    public async Task Fill_EmptyFile_IsAskedForAgain()
    {
        using var folder = new TestFolder();
        using var store = StoreJob.Open(folder.Path);
        var set = s_plan.Sets[0];
        Directory.CreateDirectory(folder["prompts"]);
        File.WriteAllText(Path.Combine(folder["prompts"], PromptFiles.FileName(set.Labels)), "\n");

        await Cache(store, new Answers("new")).FillAsync([set], null, null, CancellationToken.None);

        Assert.HasCount(3, Cache(store, new Answers("")).Read(set));
    }

    [TestMethod]
    public async Task Fill_FewSlots_AsksForNoMorePromptsThanTheyCanUse()
    {
        using var folder = new TestFolder();
        using var store = StoreJob.Open(folder.Path);
        var source = new Answers("x");
        var cache = new PromptCache(store, s_plan, new(source, 1000, LabelNames.None), attempts: 2);

        await cache.FillAsync(s_plan.Sets, null, null, CancellationToken.None);

        foreach (var request in source.Asked)
        {
            Assert.AreEqual(2 * s_plan.Sets.Single(s => s.Labels == request.Labels).Slots, request.Count);
        }
    }

    [TestMethod]
    public async Task Fill_SourceWithoutAnswer_NamesSourceAndLabels()
    {
        using var folder = new TestFolder();
        using var store = StoreJob.Open(folder.Path);

        var e = await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => Cache(store, new Answers("") { Lines = 0 }).FillAsync([s_plan.Sets[0]], null, null, CancellationToken.None));

        StringAssert.Contains(e.Message, "answers/1");
        StringAssert.Contains(e.Message, string.Join(" + ", s_plan.Sets[0].Labels));
    }

    [TestMethod]
    public async Task CountTemplates_SourceThatFillsWithTemplates_CountsThem()
    {
        using var folder = new TestFolder();
        using var store = StoreJob.Open(folder.Path);
        var half = new HalfTemplates();
        List<string> warnings = [];
        await Cache(store, half).FillAsync(s_plan.Sets, warnings.Add, null, CancellationToken.None);

        Assert.AreEqual(2 * s_plan.Sets.Count, Cache(store, half).CountTemplates());
        Assert.AreEqual(0, Cache(store, PromptSource.Templates()).CountTemplates());
        Assert.HasCount(s_plan.Sets.Count, warnings);
    }

    [TestMethod]
    public async Task Fill_Cancelled_Stops()
    {
        using var folder = new TestFolder();
        using var store = StoreJob.Open(folder.Path);
        using var cancellation = new CancellationTokenSource();
        var source = new Answers("x") { Meanwhile = () => cancellation.CancelAsync() };

        await Assert.ThrowsAsync<OperationCanceledException>(() => Cache(store, source).FillAsync(s_plan.Sets, null, null, cancellation.Token));

        Assert.IsLessThan(s_plan.Sets.Count, source.Asked.Count);
    }

    private static PromptCache Cache(SyntheticStore store, PromptSource source) => new(store, s_plan, new(source, 3, LabelNames.None), attempts: 1);

    private sealed class Answers(string text) : PromptSource
    {
        public ConcurrentBag<PromptRequest> Asked { get; } = [];

        public int Lines { get; init; } = int.MaxValue;

        public Func<Task> Meanwhile { get; init; } = () => Task.CompletedTask;

        public override string Identity => "answers/1";

        public override async Task<PromptBatch> GetAsync(PromptRequest request, CancellationToken cancellationToken = default)
        {
            Asked.Add(request);
            await Meanwhile();
            return new PromptBatch([.. Enumerable.Range(0, Math.Min(Lines, request.Count)).Select(i => $"{text} {i}")], 0, 0, []);
        }
    }

    private sealed class HalfTemplates : PromptSource
    {
        public override string Identity => "half/1";

        public override Task<PromptBatch> GetAsync(PromptRequest request, CancellationToken cancellationToken = default) =>
            Task.FromResult(TemplatePromptSource.Fill(request, ["One sentence of a model."], 0, "the model is tired"));
    }
}
