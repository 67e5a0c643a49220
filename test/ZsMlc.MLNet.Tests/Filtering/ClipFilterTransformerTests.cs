using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TorchSharp;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Filtering;

namespace ZsMlc.MLNet.Filtering;

[TestClass]
public sealed class ClipFilterTransformerTests
{
    private static TinyWorld s_world = null!;
    private static float[][] s_values = null!;
    private static float s_threshold;

    private readonly MLContext _ml = new(7);
    private readonly FilterRows _rows = new();

    private static ClipFilterOptions Options => new() { Labels = TinyWorld.Labels, Clip = s_world.Clip, Candidates = TinyWorld.Labels.All, Threshold = s_threshold };

    private static int[] Expected => [.. Enumerable.Range(0, FilterRows.Count).Where(row => FilterRows.Keeps(s_values[row], row, s_threshold))];

    private static string[] ExpectedIds => [.. Expected.Select(row => $"{row}")];

    [ClassInitialize]
    public static void Create(TestContext context)
    {
        s_world = new();
        FilterRows.Label(s_world.Clip);
        s_values = FilterRows.Values(s_world.Clip);
        s_threshold = FilterRows.Middle(s_values);
        Assert.IsTrue(Expected.Length is >= 3 and <= FilterRows.Count - 3, $"{Expected.Length} rows are kept: nothing to tell apart");
    }

    [ClassCleanup]
    public static void Clean() => s_world.Dispose();

    [TestMethod]
    public void Transform_BFloat16_ScoresAboutAsInSinglePrecision()
    {
        using var filter = Fit(Options with { Precision = torch.ScalarType.BFloat16, Threshold = 0.001f, ScoresColumn = "ClipScores" });

        var kept = filter.Transform(_rows.View());

        var rows = FilterRows.Ids(kept).Select(int.Parse).ToArray();
        Assert.IsNotEmpty(rows);
        var differences = rows.Zip(kept.GetColumn<float[]>("ClipScores")).SelectMany(r => s_values[r.First].Zip(r.Second, (e, f) => Math.Abs(e - f))).ToArray();
        Assert.IsLessThan(0.1f, differences.Max());
        Assert.IsGreaterThan(0f, differences.Max());
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    [DataRow(32)]
    public void Transform_AnyBatchSize_KeepsWhatTheDefinitionKeeps(int batchSize)
    {
        using var filter = Fit(Options with { BatchSize = batchSize, ScoresColumn = "ClipScores" });

        var kept = filter.Transform(_rows.View());

        CollectionAssert.AreEqual(ExpectedIds, FilterRows.Ids(kept));
        CollectionAssert.AreEqual(Expected.Select(row => string.Join(',', FilterRows.LabelsOf(row))).ToArray(), Labels(kept));
        var scores = kept.GetColumn<float[]>("ClipScores").ToArray();
        foreach (var (expected, found) in Expected.Select(row => s_values[row]).Zip(scores))
        {
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], found[i], 1e-4f);
            }
        }
    }

    [TestMethod]
    public void Transform_Template_IsWhatClipReads()
    {
        const string template = "a photo of a {0}.";
        var values = FilterRows.Values(s_world.Clip, template);
        var threshold = FilterRows.Middle(values);
        using var filter = Fit(Options with { Template = template, Threshold = threshold });

        CollectionAssert.AreEqual(
            Enumerable.Range(0, FilterRows.Count).Where(row => FilterRows.Keeps(values[row], row, threshold)).Select(row => $"{row}").ToArray(),
            FilterRows.Ids(filter.Transform(_rows.View())));
    }

    [TestMethod]
    public void Transform_RealRows_PassWithoutBeingReadOrJudged()
    {
        using var filter = Fit(Options with { ScoresColumn = "ClipScores", BatchSize = 4 });
        var view = _rows.View(FilterRows.Synthetic(i => i % 2 == 1));

        var kept = filter.Transform(view);

        CollectionAssert.AreEqual(Enumerable.Range(0, FilterRows.Count).Where(i => i % 2 == 0 || Expected.Contains(i)).Select(i => $"{i}").ToArray(), FilterRows.Ids(kept));
        CollectionAssert.AreEqual(Enumerable.Range(0, FilterRows.Count).Select(i => i % 2).ToArray(), _rows.ImageReads);
        foreach (var (id, scores) in FilterRows.Ids(kept).Zip(kept.GetColumn<float[]>("ClipScores")))
        {
            Assert.AreEqual(int.Parse(id) % 2 == 0, scores.All(float.IsNaN));
        }
    }

    [TestMethod]
    public void Transform_RealRowsOfOtherLabels_Pass()
    {
        using var filter = Fit(Options with { Candidates = ["yellow", "white"] });
        var real = _rows.View(_ => ["red", "no label of the set"], FilterRows.Synthetic(_ => false));

        Assert.HasCount(FilterRows.Count, FilterRows.Ids(filter.Transform(real)));
        Assert.AreEqual(FilterRows.Count, filter.Statistics!.Real);
    }

    [TestMethod]
    public void Transform_LabelThatIsNoCandidate_NamesRowLabelAndOption()
    {
        using var filter = Fit(Options with { Candidates = ["yellow", "white"] });
        var view = _rows.View(i => i == 3 ? ["white", "red"] : ["white"]);

        var e = Assert.ThrowsExactly<InvalidOperationException>(() => FilterRows.Ids(filter.Transform(view)));

        Assert.Contains("Row 3", e.Message);
        Assert.Contains("'red'", e.Message);
        Assert.Contains("Candidates", e.Message);
        Assert.IsNull(filter.Statistics);
    }

    [TestMethod]
    public void Transform_RowOfAllCandidates_SaysThatNoneIsLeftToJudgeBy()
    {
        using var filter = Fit(Options with { Candidates = ["yellow", "white"] });

        Assert.Contains("all 2 candidates", Assert.ThrowsExactly<InvalidOperationException>(() => FilterRows.Ids(filter.Transform(_rows.View(_ => ["white", "yellow"])))).Message);
    }

    [TestMethod]
    public void Transform_LabelOutsideTheSet_NamesIt()
    {
        using var filter = Fit(Options);

        Assert.Contains("'purple'", Assert.ThrowsExactly<InvalidOperationException>(() => FilterRows.Ids(filter.Transform(_rows.View(_ => ["purple"])))).Message);
    }

    [TestMethod]
    public void Transform_ParentOfALabelThatIsNoCandidate_IsTakenOnItsChildsWord()
    {
        // The label that suits most pictures, judged against all but one of the others.
        var child = FilterRows.Colours[Enumerable.Range(0, 5).MaxBy(c => Enumerable.Range(0, FilterRows.Count).Count(row => FilterRows.LabelsOf(row)[0] == FilterRows.Colours[c]))];
        var parent = FilterRows.Colours.First(c => c != child);
        var options = Options with { Candidates = [.. FilterRows.Colours.Where(c => c != parent)], Threshold = 0.01f };
        using var plain = Fit(options);
        using var related = Fit(options with { Hierarchy = new([new(child, [parent])]) });

        var expected = FilterRows.Ids(plain.Transform(_rows.View(_ => [child])));
        var kept = related.Transform(_rows.View(_ => [child, parent]));

        Assert.AreNotEqual(0, expected.Length);
        CollectionAssert.AreEqual(expected, FilterRows.Ids(kept));
        Assert.IsTrue(Labels(kept).All(l => l == $"{child},{parent}"));
        Assert.ThrowsExactly<InvalidOperationException>(() => FilterRows.Ids(plain.Transform(_rows.View(_ => [child, parent]))));
    }

    [TestMethod]
    public void Transform_RowsWithoutLabels_AreDroppedAndCounted()
    {
        using var filter = Fit(Options);

        CollectionAssert.AreEqual(ExpectedIds.Where(i => i != $"{Expected[0]}").ToArray(), FilterRows.Ids(filter.Transform(_rows.View(i => i == Expected[0] ? [] : FilterRows.LabelsOf(i)))));
        Assert.AreEqual(1, filter.Statistics!.Unlabelled);
        Assert.AreEqual(FilterRows.Count, filter.Statistics.Kept + filter.Statistics.Dropped);
    }

    [TestMethod]
    public void Transform_PseudoLabelsAndParents_AreAddedToKeptRowsAlone()
    {
        var second = Expected.SelectMany(row => Enumerable.Range(0, 5).Where(c => !FilterRows.LabelsOf(row).Contains(FilterRows.Colours[c])).Select(c => s_values[row][c])).Order().ToArray();
        var threshold = (second[second.Length / 2] + second[second.Length / 2 - 1]) / 2;
        var hierarchy = new LabelHierarchy([new("green", ["white", "colour"]), new("white", ["yellow"])]);
        using var filter = Fit(Options with { PseudoLabelThreshold = threshold, Hierarchy = hierarchy });

        var found = Labels(filter.Transform(_rows.View(FilterRows.Synthetic(i => i > 1))));

        var real = Enumerable.Range(0, 2).Select(row => string.Join(',', FilterRows.LabelsOf(row)));
        var synthetic = Expected.Where(row => row > 1).Select(row =>
        {
            List<string> names = [.. FilterRows.LabelsOf(row)];
            var judged = Enumerable.Range(0, 5).Where(c => !names.Contains(FilterRows.Colours[c]) && s_values[row][c] > threshold).Select(c => FilterRows.Colours[c]).ToList();
            return string.Join(',', hierarchy.WithAncestors(names.Concat(judged)).Where(l => l != "colour").Order());
        });
        CollectionAssert.AreEqual(real.Concat(synthetic).ToArray(), found.Select((l, i) => i < 2 ? l : string.Join(',', l.Split(',').Order())).ToArray());
        var added = filter.Statistics!.Labels.Sum(l => l.PseudoLabelled);
        Assert.AreEqual(Expected.Where(r => r > 1).Sum(row => Enumerable.Range(0, 5).Count(c => !FilterRows.LabelsOf(row).Contains(FilterRows.Colours[c]) && s_values[row][c] > threshold)), added);
        Assert.AreNotEqual(0, added);
    }

    [TestMethod]
    public void Transform_NumbersWithPseudoLabels_SetsTheirSlots()
    {
        string[] slots = ["white", "blue", "green", "red", "yellow"];
        using var filter = Fit(Options with { PseudoLabelThreshold = 0, Hierarchy = new([new("red", ["blue"])]) });
        IDataView view = new IndexedDataView(FilterRows.Count, [IndexedColumn.Text("Id", i => $"{i}"), _rows.Images(), FilterRows.Numbers(slots), FilterRows.Synthetic(i => i > 0)]);

        var kept = filter.Transform(view);

        CollectionAssert.AreEqual(Expected.Prepend(0).Distinct().Select(i => $"{i}").ToArray(), FilterRows.Ids(kept));
        CollectionAssert.AreEqual(slots, Shapes.SlotNamesOf(kept.Schema["Labels"])!.ToArray());
        var labels = kept.GetColumn<float[]>("Labels").ToArray();
        Assert.AreEqual(1, labels[0].Count(v => v == 1));
        Assert.IsTrue(labels.Skip(1).All(l => l.All(v => v == 1)));
    }

    [TestMethod]
    public void Transform_NumbersWithAParentThatHasNoSlot_LeavesItOut()
    {
        using var filter = Fit(Options with { Threshold = 0.01f, Candidates = ["red", "green"], Hierarchy = new([new("red", ["white"])]) });
        IDataView view = new IndexedDataView(FilterRows.Count, [_rows.Images(), FilterRows.Numbers("red", "green")]);

        var labels = filter.Transform(view).GetColumn<float[]>("Labels").ToArray();

        Assert.AreNotEqual(0, labels.Length);
        Assert.IsTrue(labels.All(l => l.Length == 2));
    }

    [TestMethod]
    public void Statistics_WholePass_CountsByLabelAndTellsTheLog()
    {
        List<(ChannelMessageKind Kind, string Text)> messages = [];
        _ml.Log += (_, e) => messages.Add((e.Kind, e.RawMessage));
        using var filter = Fit(Options);
        var view = filter.Transform(_rows.View());

        using (var cursor = view.GetRowCursor(view.Schema))
        {
            cursor.MoveNext();
        }

        Assert.IsNull(filter.Statistics);
        FilterRows.Ids(view);
        FilterRows.Ids(view);

        var statistics = filter.Statistics!;
        Assert.AreEqual((0, Expected.Length, FilterRows.Count - Expected.Length, 0), (statistics.Real, statistics.Kept, statistics.Dropped, statistics.Unlabelled));
        foreach (var (colour, counts) in FilterRows.Colours.Zip(statistics.Labels))
        {
            var rows = Enumerable.Range(0, FilterRows.Count).Where(row => FilterRows.LabelsOf(row).Contains(colour)).ToList();
            Assert.AreEqual(new ClipFilterLabelCounts(colour, rows.Count(Expected.Contains), rows.Count(row => !Expected.Contains(row)), 0), counts);
        }

        Assert.HasCount(2, messages.Where(m => m.Text.Contains($"{Expected.Length} of {FilterRows.Count} judged rows kept, 0 real rows passed: red ")));
    }

    [TestMethod]
    public void Statistics_LabelWithoutAKeptRow_IsWarnedOf()
    {
        List<string> warnings = [];
        _ml.Log += (_, e) => warnings.AddRange(e.Kind == ChannelMessageKind.Warning ? [e.RawMessage] : []);
        using var filter = Fit(Options with { Threshold = 1 });

        Assert.IsEmpty(FilterRows.Ids(filter.Transform(_rows.View())));

        Assert.Contains("No row of 5 labels was kept: red, green", warnings.Single());
    }

    [TestMethod]
    public void Transform_Cancelled_ThrowsBeforeTheNextBatch()
    {
        using var cancellation = new CancellationTokenSource();
        using var filter = Fit(Options with { BatchSize = 2, Threshold = 0, CancellationToken = cancellation.Token });
        var view = filter.Transform(_rows.View(FilterRows.Synthetic(_ => false)));
        using var cursor = view.GetRowCursor(view.Schema);
        Assert.IsTrue(cursor.MoveNext());

        cancellation.Cancel();

        Assert.IsTrue(cursor.MoveNext());
        Assert.ThrowsExactly<OperationCanceledException>(() => cursor.MoveNext());
    }

    [TestMethod]
    public void Transform_RowWithoutImage_NamesRowAndColumn()
    {
        using var filter = Fit(Options);
        var rows = _ml.Data.LoadFromEnumerable(new[] { new NoImage() });

        Assert.Contains("'Image'", Assert.ThrowsExactly<InvalidOperationException>(() => filter.Transform(rows).GetColumn<string[]>("Labels").ToArray()).Message);
    }

    [TestMethod]
    public void Chain_Fit_FiltersWhileFittingAndPassesRowsAfterwards()
    {
        var labels = TinyWorld.Labels;
        var fitted = new List<string[]>();
        var last = _ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options with { Labels = LabelSet.Create(labels.All) });
        var view = _rows.View();
        var chain = _ml.Transforms.ClipFilter(Options with { ScoresColumn = "ClipScores" }).Append(new Spy(fitted)).Append(last);

        var model = chain.Fit(view);

        CollectionAssert.AreEqual(ExpectedIds, fitted.Single());
        var filter = model.OfType<ClipFilterTransformer>().Single();
        Assert.IsTrue(filter.IsSpent);
        Assert.AreEqual(Expected.Length, filter.Statistics!.Kept);
        Assert.HasCount(FilterRows.Count, FilterRows.Ids(model.Transform(view)));
        Assert.IsTrue(model.Transform(view).GetColumn<float[]>("ClipScores").All(v => v.Length == labels.Count && v.All(float.IsNaN)));
        CollectionAssert.AreEqual(ExpectedIds, FilterRows.Ids(filter.Filter(view)));
        Assert.IsTrue(((ITransformer)model).IsRowToRowMapper);
        CollectionAssert.AreEqual(view.Schema.Select(c => c.Name).Append("ClipScores").ToArray(), filter.GetOutputSchema(view.Schema).Select(c => c.Name).ToArray());
    }

    [TestMethod]
    public void Chain_SavedAndLoadedInANewProcess_PassesRowsAndScoresTheSameBits()
    {
        var photos = s_world.Photos(_ml, 6);
        var model = _ml.Transforms.ClipFilter(Options)
            .Append(_ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options with { Labels = LabelSet.Create(TinyWorld.Labels.All) })).Fit(_rows.View());
        var zip = s_world.Folder["chain.zip"];
        _ml.Model.Save(model, photos.Schema, zip);
        var expected = TinyWorld.Scores(model.Transform(photos)).Select(FusionMultiLabelTransformerTests.Bits).ToList();

        var lines = FusionMultiLabelTransformerTests.RunLoader(zip, s_world.Folder["photos"]);

        CollectionAssert.AreEqual(expected, lines.Where(l => l.StartsWith("view")).Select(l => string.Join(' ', l.Split(' ')[1..6])).ToList());
        Assert.HasCount(6, lines.Where(l => l.StartsWith("engine")));
    }

    [TestMethod]
    public void ModelLoad_FilterAloneInANewProcess_KeepsTheSameRows()
    {
        using var filter = Fit(Options with { PseudoLabelThreshold = 0 });
        var zip = Save(filter);
        using var folder = new TestFolder();
        for (var i = 0; i < FilterRows.Count; i++)
        {
            using var picture = FilterRows.Picture(i);
            picture.Save(folder[$"{i}.png"]);
        }

        var list = folder.Write("list.txt", string.Join('\n', Enumerable.Range(0, FilterRows.Count).Select(i => $"{i}.png {string.Join(' ', FilterRows.LabelsOf(i))}")));

        var lines = FusionMultiLabelTransformerTests.RunLoader(zip, folder.Path, list);

        CollectionAssert.AreEqual(Expected.Select(i => $"{i}.png").ToArray(), lines.Select(l => l.Split(' ')[0]).ToArray());
        Assert.IsTrue(lines.All(l => l.Split(' ').Length == 6));
    }

    [TestMethod]
    public void ModelLoad_StatisticsAndState_AreThoseOfTheSavedFilter()
    {
        using var filter = Fit(Options);
        FilterRows.Ids(filter.Transform(_rows.View()));

        using var loaded = Load(Save(filter));

        Assert.AreEqual(filter.Statistics!.ToString(), loaded.Statistics!.ToString());
        Assert.IsFalse(loaded.IsSpent);
        using var link = _ml.Transforms.ClipFilter(Options).Append(new Spy([])).Fit(_rows.View()).OfType<ClipFilterTransformer>().Single();
        using var spent = Load(Save(link));
        Assert.IsTrue(spent.IsSpent);
        Assert.HasCount(FilterRows.Count, FilterRows.Ids(spent.Transform(_rows.View())));
        CollectionAssert.AreEqual(ExpectedIds, FilterRows.Ids(spent.Filter(_rows.View())));
    }

    [TestMethod]
    public void ModelLoad_ClipGone_FailsWhenTheFirstRowIsJudgedOnly()
    {
        using var world = new TinyWorld();
        using var filter = Fit(Options with { Clip = world.Clip });
        var zip = Save(filter);
        Directory.Delete(world.Clip, recursive: true);

        using var loaded = Load(zip);
        var view = loaded.Transform(_rows.View());

        Assert.HasCount(FilterRows.Count, FilterRows.Ids(loaded.Transform(_rows.View(FilterRows.Synthetic(_ => false)))));
        Assert.Contains(world.Clip, Assert.ThrowsExactly<FileNotFoundException>(() => FilterRows.Ids(view)).Message);
    }

    [TestMethod]
    public void ModelLoad_AnotherClipAtThePath_IsRefused()
    {
        using var world = new TinyWorld();
        using var filter = Fit(Options with { Clip = world.Clip });
        var zip = Save(filter);
        File.AppendAllText(Path.Combine(world.Clip, "open_clip_config.json"), " ");

        using var loaded = Load(zip);

        var e = Assert.ThrowsExactly<InvalidOperationException>(() => FilterRows.Ids(loaded.Transform(_rows.View())));
        Assert.Contains(world.Clip, e.Message);
        Assert.Contains("fingerprint", e.Message);
    }

    [TestMethod]
    public void ModelLoad_WithTheModelInside_NeedsNoPath()
    {
        using var world = new TinyWorld();
        using var filter = Fit(Options with { Clip = world.Clip, IncludeModel = true });
        var zip = Save(filter);
        Directory.Delete(world.Clip, recursive: true);

        using var loaded = Load(zip);
        using var again = Load(Save(loaded));

        CollectionAssert.AreEqual(ExpectedIds, FilterRows.Ids(loaded.Transform(_rows.View())));
        CollectionAssert.AreEqual(ExpectedIds, FilterRows.Ids(again.Transform(_rows.View())));
    }

    [TestMethod]
    public void Transform_SeveralThreads_KeepTheSameRows()
    {
        using var filter = Fit(Options with { BatchSize = 4 });
        var found = new string[4][];

        Parallel.For(0, 4, i => found[i] = FilterRows.Ids(filter.Transform(new FilterRows().View())));

        foreach (var ids in found)
        {
            CollectionAssert.AreEqual(ExpectedIds, ids);
        }
    }

    [TestMethod]
    public void Transform_ManyPasses_LeaveNoTensors()
    {
        using var filter = Fit(Options with { BatchSize = 4, PseudoLabelThreshold = 0.5f });
        var view = filter.Transform(_rows.View());
        FilterRows.Ids(view);
        var tensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        for (var i = 0; i < 5; i++)
        {
            FilterRows.Ids(view);
            using var early = view.GetRowCursor(view.Schema);
            early.MoveNext();
        }

        Assert.AreEqual(tensors, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static string[] Labels(IDataView view) => [.. view.GetColumn<string[]>("Labels").Select(l => string.Join(',', l))];

    private ClipFilterTransformer Fit(ClipFilterOptions options) => _ml.Transforms.ClipFilter(options).Fit(_rows.View());

    private string Save(ClipFilterTransformer filter)
    {
        var path = s_world.Folder[$"{Guid.NewGuid():n}.zip"];
        _ml.Model.Save(filter, _rows.View().Schema, path);
        return path;
    }

    private ClipFilterTransformer Load(string zip) => (ClipFilterTransformer)_ml.Model.Load(zip, out _);

    /// <summary>Notes the rows that it is fitted on.</summary>
    private sealed class Spy(List<string[]> fitted) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input)
        {
            fitted.Add(FilterRows.Ids(input));
            return new MLContext().Transforms.CopyColumns("Copy", "Id").Fit(input);
        }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inputSchema;
    }

    private sealed class NoImage
    {
        [Microsoft.ML.Transforms.Image.ImageType(1, 1)]
        public MLImage? Image { get; set; }

        public string[] Labels { get; set; } = ["red"];
    }
}
