using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ZsMlc.MLNet.Datasets;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.SyntheticData;

[TestClass]
public sealed class SyntheticRowsTests
{
    private static readonly MLContext s_ml = new(1);

    private readonly TestFolder _folder = new();

    [TestCleanup]
    public void Clean() => _folder.Dispose();

    [TestMethod]
    public void View_Samples_ShowsImagesLabelsPromptsAndPaths()
    {
        var view = Rows(Sample(["yellow"], ["white"]), Sample(["white"], [])).View();

        Assert.AreEqual(2L, view.GetRowCount());
        CollectionAssert.AreEqual(new[] { "yellow,white", "white" }, view.GetColumn<string[]>("Labels").Select(l => string.Join(',', l)).ToArray());
        CollectionAssert.AreEqual(new[] { "A yellow.", "A white." }, view.GetColumn<string>("Prompt").ToArray());
        Assert.IsTrue(view.GetColumn<bool>("IsSynthetic").All(s => s));
        Assert.IsTrue(view.GetColumn<string>("ImagePath").All(File.Exists));
        CollectionAssert.AreEqual(new[] { 3, 3 }, Widths(view));
    }

    [TestMethod]
    public void AppendTo_NamedLabels_PutsSyntheticRowsBehindRealOnes()
    {
        var input = TinyWorld.Rows(2, IndexedColumn.Texts("Labels", i => i == 0 ? ["red", "green"] : []), IndexedColumn.Text("ImagePath", i => $"real{i}"));

        var view = Rows(Sample(["yellow", "white"], [])).AppendTo(input);

        Assert.AreEqual(3L, view.GetRowCount());
        CollectionAssert.AreEqual(new[] { "red,green", "", "yellow,white" }, view.GetColumn<string[]>("Labels").Select(l => string.Join(',', l)).ToArray());
        CollectionAssert.AreEqual(new[] { false, false, true }, view.GetColumn<bool>("IsSynthetic").ToArray());
        CollectionAssert.AreEqual(new[] { "", "", "A yellow." }, view.GetColumn<string>("Prompt").ToArray());
        CollectionAssert.AreEqual(new[] { "real0", "real1", _folder["0.png"] }, view.GetColumn<string>("ImagePath").ToArray());
        CollectionAssert.AreEqual(new[] { 2, 2, 3 }, Widths(view));
    }

    [TestMethod]
    public void AppendTo_NumberedLabels_AddsSlotsOfUnseenLabelsThatRealRowsDoNotKnow()
    {
        var slots = new[] { "green", "white", "red" };
        var input = TinyWorld.Rows(1, Numbers(slots, [1, float.NaN, 0]));

        var view = Rows(Sample(["yellow"], []), Sample(["white"], ["green"])).AppendTo(input);

        CollectionAssert.AreEqual(new[] { "green", "white", "red", "yellow" }, Shapes.SlotNamesOf(view.Schema["Labels"])!.ToArray());
        var numbers = view.GetColumn<float[]>("Labels").ToArray();
        CollectionAssert.AreEqual(new[] { 1, float.NaN, 0, float.NaN }, numbers[0]);
        CollectionAssert.AreEqual(new[] { float.NaN, 0, float.NaN, 1 }, numbers[1]);
        CollectionAssert.AreEqual(new[] { 1, 1, float.NaN, 0 }, numbers[2]);
    }

    [TestMethod]
    public void AppendTo_NumberedLabelsWithAllSlots_KeepsThem()
    {
        var input = TinyWorld.Rows(1, Numbers([.. TinyWorld.Labels.All], [1, 0, 0, 0, 1]));

        var view = Rows(Sample(["white"], [])).AppendTo(input);

        var numbers = view.GetColumn<float[]>("Labels").ToArray();
        CollectionAssert.AreEqual(new float[] { 1, 0, 0, 0, 1 }, numbers[0]);
        CollectionAssert.AreEqual(new[] { float.NaN, float.NaN, float.NaN, 0, 1 }, numbers[1]);
    }

    [TestMethod]
    public void AppendTo_LabelsOfFixedLength_TakesAnyLength()
    {
        var input = s_ml.Data.LoadFromEnumerable([new FixedRow { Labels = ["red", "green", "blue"], Image = MLImage.CreateFromPixels(1, 1, MLPixelFormat.Rgba32, [1, 2, 3, 255]) }]);

        var view = Rows(Sample(["white"], [])).AppendTo(input);

        CollectionAssert.AreEqual(new[] { "red,green,blue", "white" }, view.GetColumn<string[]>("Labels").Select(l => string.Join(',', l)).ToArray());
    }

    [TestMethod]
    public void AppendTo_OtherColumnsOfAnyType_HoldDefaults()
    {
        var input = s_ml.Transforms.Conversion.MapValueToKey("Key", "Note").Fit(AllTypes()).Transform(AllTypes());

        var view = Rows(Sample(["white"], [])).AppendTo(input);

        Assert.AreEqual(7f, view.GetColumn<float>("Weight").First());
        Assert.AreEqual(0f, view.GetColumn<float>("Weight").Last());
        Assert.AreEqual("", view.GetColumn<string>("Note").Last());
        Assert.AreEqual(0u, view.GetColumn<uint>("Key").Last());
        Assert.AreEqual(default, view.GetColumn<DateTime>("Day").Last());
        CollectionAssert.AreEqual(new float[] { 0, 0 }, view.GetColumn<float[]>("Pair").Last());
        Assert.IsEmpty(view.GetColumn<string[]>("Notes").Last());
        CollectionAssert.AreEqual(new[] { true, false }, Values<MLImage>(view, "Thumb").Select(i => i is not null).ToArray());
    }

    [TestMethod]
    public void AppendTo_RowsThatAreSyntheticAlready_KeepTheirFlagAndPrompt()
    {
        var input = TinyWorld.Rows(2, IndexedColumn.Texts("Labels", _ => ["white"]), IndexedColumn.Boolean("IsSynthetic", i => i == 1), IndexedColumn.Text("Prompt", i => i == 1 ? "From before." : ""));

        var view = Rows(Sample(["yellow"], [])).AppendTo(input);

        CollectionAssert.AreEqual(new[] { false, true, true }, view.GetColumn<bool>("IsSynthetic").ToArray());
        CollectionAssert.AreEqual(new[] { "", "From before.", "A yellow." }, view.GetColumn<string>("Prompt").ToArray());
    }

    [TestMethod]
    public void AppendTo_Shuffled_GivesEveryRowOnce()
    {
        var view = Rows([.. Enumerable.Range(0, 5).Select(_ => Sample(["white"], []))]).AppendTo(TinyWorld.Rows(4, IndexedColumn.Texts("Labels", i => [$"red"])));

        using var cursor = view.GetRowCursor([view.Schema["Labels"], view.Schema["IsSynthetic"]], new Random(3));
        var flag = cursor.GetGetter<bool>(view.Schema["IsSynthetic"]);
        var count = new int[2];
        while (cursor.MoveNext())
        {
            var value = false;
            flag(ref value);
            count[value ? 1 : 0]++;
        }

        CollectionAssert.AreEqual(new[] { 4, 5 }, count);
    }

    [TestMethod]
    public void View_ImageGone_NamesTheFileWhenTheRowIsRead()
    {
        var view = Rows(Sample(["white"], [])).View();
        File.Delete(_folder["0.png"]);

        Assert.Contains("0.png", Assert.ThrowsExactly<ImageReadException>(() => Widths(view)).Message);
    }

    private static IDataView AllTypes() => s_ml.Data.LoadFromEnumerable(
    [
        new Row { Image = Pixel(), Thumb = Pixel(), Labels = ["red"], Weight = 7, Note = "n", Day = new DateTime(2020, 2, 2), Pair = [1, 2], Notes = ["a", "b"] },
    ]);

    private static MLImage Pixel() => MLImage.CreateFromPixels(1, 1, MLPixelFormat.Rgba32, [1, 2, 3, 255]);

    private static IndexedColumn Numbers(string[] slots, float[] values) => new(
        "Labels", new VectorDataViewType(NumberDataViewType.Single, slots.Length), _ => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> v) => v = new(values.Length, values)), Shapes.Slots(slots));

    private static int[] Widths(IDataView view) => [.. Values<MLImage>(view, "Image").Select(i => i!.Width)];

    private static List<T?> Values<T>(IDataView view, string name)
    {
        using var cursor = view.GetRowCursor([view.Schema[name]]);
        var getter = cursor.GetGetter<T>(view.Schema[name]);
        List<T?> values = [];
        while (cursor.MoveNext())
        {
            T value = default!;
            getter(ref value);
            values.Add(value);
        }

        return values;
    }

    private static GenerationSettings Settings => new()
    {
        Seen = TinyWorld.Labels.Seen,
        Diffusion = "",
        StorePath = "",
        Plan = new() { Labels = TinyWorld.Labels.Unseen },
        Prompts = "",
        Names = [],
        NegativePrompt = "",
        Sampling = new(),
        ImageColumn = "Image",
        LabelColumn = "Labels",
        SyntheticColumn = "IsSynthetic",
        PromptColumn = "Prompt",
        Models = new("", null, null, null),
    };

    private SyntheticRows Rows(params SyntheticSample[] samples)
    {
        var placed = samples.Select((s, i) => s with { ImagePath = TestPictures.Solid(_folder[$"{i}.png"], 3, 3, 200, 100, 0) }).ToList();
        return new(Settings, placed);
    }

    private static SyntheticSample Sample(string[] labels, string[] further) => new(0, 0, labels, further, $"A {labels[0]}.", 1, "", true, new Dictionary<string, float>());

    private sealed class FixedRow
    {
        [ImageType(1, 1)]
        public MLImage Image { get; set; } = null!;

        [VectorType(3)]
        public string[] Labels { get; set; } = [];
    }

    private sealed class Row
    {
        [ImageType(1, 1)]
        public MLImage Image { get; set; } = null!;

        [ImageType(1, 1)]
        public MLImage Thumb { get; set; } = null!;

        public string[] Labels { get; set; } = [];

        public float Weight { get; set; }

        public string Note { get; set; } = "";

        public DateTime Day { get; set; }

        [VectorType(2)]
        public float[] Pair { get; set; } = [];

        public string[] Notes { get; set; } = [];
    }
}
