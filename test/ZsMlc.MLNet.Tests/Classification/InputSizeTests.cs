using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ZsMlc.Torch.Classification;

namespace ZsMlc.MLNet.Classification;

/// <summary>Networks that take larger images than CLIP's own, and views that are joined.</summary>
[TestClass]
public sealed class InputSizeTests
{
    private static readonly MLContext s_ml = new(7);

    private static TinyWorld s_world = null!;
    private static IDataView s_photos = null!;

    [ClassInitialize]
    public static void Create(TestContext context)
    {
        s_world = new();
        s_photos = s_world.Photos(s_ml, 8);
    }

    [ClassCleanup]
    public static void Clean() => s_world.Dispose();

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_LargerInputAndViews_AreReproducibleAndSavedWithTheModel(bool vit)
    {
        var options = s_world.Options with
        {
            Clip = vit ? s_world.ViT : s_world.Clip,
            Network = new() { InputSize = 96 },
            Views = new() { Flips = true },
            Seed = 3,
        };
        using var model = TinyWorld.Fit(s_ml, options, s_photos);
        using var again = TinyWorld.Fit(s_ml, options, s_photos);
        using var plain = model.WithViews(null);
        var path = s_world.Folder[$"views-{vit}.zip"];
        s_ml.MultiLabelClassification.Save(model, s_photos.Schema, path);
        using var loaded = s_ml.MultiLabelClassification.Load(path);

        Assert.AreEqual((96, options.Views), (loaded.InputSize, loaded.Views));
        var scores = Bits(model);
        Assert.AreEqual(scores, Bits(again));
        Assert.AreEqual(scores, Bits(loaded));
        Assert.AreNotEqual(scores, Bits(plain));
        using var other = loaded.WithViews(null);
        Assert.AreEqual(Bits(plain), Bits(other));

        using var engine = s_ml.Model.CreatePredictionEngine<Photo, Tags>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
        using var image = MLImage.CreateFromPixels(2, 1, MLPixelFormat.Rgba32, [250, 20, 30, 255, 240, 240, 240, 255]);
        Assert.HasCount(TinyWorld.Labels.Count, engine.Predict(new Photo { Image = image }).Score);
    }

    [TestMethod]
    public void Fit_InputSizeThatTheTowerDoesNotTake_IsRefusedBeforeTheChainRuns()
    {
        var trainer = s_ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options with { Network = new() { InputSize = 100 } });

        var e = Assert.Throws<ArgumentException>(() => trainer.GetOutputSchema(Interop.Shapes.Of(s_photos.Schema)));

        StringAssert.Contains(e.Message, "InputSize is 100; this image tower takes multiples of 32 up to 512");
    }

    [TestMethod]
    public void ChooseInputSize_TwoSizes_TellsTheBetterOnHeldOutRows()
    {
        var trainers = s_ml.MultiLabelClassification.Trainers;
        var options = s_world.Options with { ValidationFraction = 0.5, Seed = 3 };

        var choice = trainers.ChooseInputSize(s_photos, options, 64, 96);

        CollectionAssert.AreEqual(new[] { 64, 96 }, choice.Scores.Select(s => s.Size).ToArray());
        Assert.AreEqual(choice.Scores.MaxBy(s => s.Score).Size, choice.Best);
        Assert.IsTrue(choice.Scores.All(s => s.Score is > 0 and <= 1));
        Assert.ThrowsExactly<ArgumentException>(() => trainers.ChooseInputSize(s_photos, s_world.Options, 64));
        Assert.ThrowsExactly<ArgumentException>(() => trainers.ChooseInputSize(s_photos, options));
        Assert.ThrowsExactly<ArgumentException>(() => trainers.ChooseInputSize(s_photos, options, 64, 65));
    }

    private static string Bits(FusionMultiLabelTransformer model) =>
        string.Join(' ', TinyWorld.Scores(model.Transform(s_photos)).SelectMany(s => s).Select(BitConverter.SingleToUInt32Bits));

    private sealed class Photo
    {
        [ImageType(1, 1)]
        public MLImage Image { get; set; } = null!;
    }

    private sealed class Tags
    {
        public float[] Score { get; set; } = [];
    }
}
