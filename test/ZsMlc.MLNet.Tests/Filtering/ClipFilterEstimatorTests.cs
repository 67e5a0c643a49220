using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Filtering;

namespace ZsMlc.MLNet.Filtering;

[TestClass]
public sealed class ClipFilterEstimatorTests
{
    private static TinyWorld s_world = null!;

    private readonly MLContext _ml = new(7);
    private readonly FilterRows _rows = new();

    private static ClipFilterOptions Options => new() { Labels = TinyWorld.Labels, Clip = s_world.Clip, Candidates = TinyWorld.Labels.All };

    [ClassInitialize]
    public static void Create(TestContext context) => s_world = new();

    [ClassCleanup]
    public static void Clean() => s_world.Dispose();

    [TestMethod]
    public void Fit_GoodData_ReadsNoRow()
    {
        using var filter = _ml.Transforms.ClipFilter(Options).Fit(_rows.View());
        var view = filter.Transform(_rows.View());

        Assert.AreEqual(0, _rows.ImageReads.Sum());
        Assert.IsNull(view.GetRowCount());
        Assert.IsNull(filter.Statistics);
        Assert.IsFalse(filter.IsSpent);
        CollectionAssert.AreEqual(TinyWorld.Labels.All.ToArray(), filter.Candidates.ToArray());
    }

    [TestMethod]
    public void Fit_ChainWithMissingModel_ThrowsBeforeTheFirstLinkWorks()
    {
        var fitted = 0;
        var first = _ml.Transforms.CopyColumns("Copy", "Id").Append(_ml.Transforms.CopyColumns("Other", "Id").WithOnFitDelegate(_ => fitted++));

        var e = Assert.ThrowsExactly<FileNotFoundException>(() => first.Append(_ml.Transforms.ClipFilter(Options with { Clip = s_world.Folder["none"] })).Fit(_rows.View()));

        Assert.AreEqual(0, fitted);
        Assert.Contains(s_world.Folder["none"], e.Message);
        Assert.Contains("Clip", e.Message);
    }

    [TestMethod]
    [DataRow("Image", "Image")]
    [DataRow("Labels", "Labels")]
    [DataRow("IsSynthetic", "Boolean")]
    public void Fit_ColumnMistyped_NamesIt(string column, string expected)
    {
        var view = new IndexedDataView(2, [.. new[] { _rows.Images(), IndexedColumn.Texts("Labels", _ => ["red"]) }.Where(c => c.Name != column), IndexedColumn.Text(column, _ => "text")]);
        var estimator = _ml.Transforms.ClipFilter(Options);

        var e = Assert.ThrowsExactly<ArgumentException>(() => estimator.Fit(view));

        Assert.Contains($"'{column}'", e.Message);
        Assert.Contains(expected, e.Message);
        Assert.ThrowsExactly<ArgumentException>(() => estimator.GetOutputSchema(Shapes.Of(view.Schema)));
    }

    [TestMethod]
    public void Fit_ColumnMissing_NamesItAndWhatThereIs()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => _ml.Transforms.ClipFilter(Options with { ImageColumn = "Picture" }).Fit(_rows.View()));

        Assert.Contains("'Picture' (ImageColumn)", e.Message);
        Assert.Contains("Id, Image, Labels", e.Message);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void GetOutputSchema_EveryOption_IsThatOfTheOutput(bool numbers)
    {
        var view = numbers ? new IndexedDataView(3, [_rows.Images(), FilterRows.Numbers(FilterRows.Colours)]) : _rows.View();
        var estimator = _ml.Transforms.ClipFilter(Options with { ScoresColumn = "ClipScores", PseudoLabelThreshold = 0.5f, Hierarchy = new([new("red", ["blue"])]) });

        var told = estimator.GetOutputSchema(Shapes.Of(view.Schema));

        using var filter = estimator.Fit(view);
        var found = Shapes.Of(filter.Transform(view).Schema);
        CollectionAssert.AreEquivalent(found.Select(c => $"{c.Name} {c.Describe()} {c.NamesSlots()}").ToArray(), told.Select(c => $"{c.Name} {c.Describe()} {c.NamesSlots()}").ToArray());
        Assert.AreEqual(filter.Transform(view).Schema.ToString(), filter.GetOutputSchema(view.Schema).ToString());
        CollectionAssert.AreEqual(FilterRows.Colours, Shapes.SlotNamesOf(filter.Transform(view).Schema["ClipScores"])!.ToArray());
    }
}
