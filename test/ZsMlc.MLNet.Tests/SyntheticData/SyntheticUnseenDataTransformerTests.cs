using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.SyntheticData.Prompts;
using static ZsMlc.MLNet.Classification.FusionMultiLabelTransformerTests;

namespace ZsMlc.MLNet.SyntheticData;

[TestClass]
public sealed class SyntheticUnseenDataTransformerTests
{
    private static TinyWorld s_world = null!;
    private static IDataView s_photos = null!;

    [ClassInitialize]
    public static void Create(TestContext context)
    {
        s_world = new();
        s_photos = s_world.Photos(new MLContext(), 12);
    }

    [ClassCleanup]
    public static void Clean() => s_world.Dispose();

    [TestMethod]
    public void Fit_Chain_TrainsOnPhotosAndImagesAndScoresPhotosAlone()
    {
        var ml = new MLContext(7);
        List<string> messages = [];
        ml.Log += (_, e) => messages.Add(e.Message);

        var model = Chain(ml, Options("chain")).Fit(s_photos);

        var generator = (SyntheticUnseenDataTransformer)model.First();
        Assert.IsTrue(messages.Any(m => m.Contains($"{12 + generator.Statistics.Accepted} training rows", StringComparison.Ordinal)), string.Join('\n', messages));
        var scored = model.Transform(s_photos);
        Assert.AreEqual(12L, scored.GetRowCount());
        CollectionAssert.AreEqual(Enumerable.Repeat(false, 12).ToArray(), scored.GetColumn<bool>("IsSynthetic").ToArray());
        CollectionAssert.AreEqual(Enumerable.Repeat("", 12).ToArray(), scored.GetColumn<string>("Prompt").ToArray());
        CollectionAssert.AreEqual(new[] { "Image", "ImagePath", "Labels", "IsSynthetic", "Prompt" }, generator.GetOutputSchema(s_photos.Schema).Select(c => c.Name).ToArray());
        CollectionAssert.AreEqual(new[] { "Image", "ImagePath", "Labels", "IsSynthetic", "Prompt" }, generator.Transform(generator.Transform(s_photos)).Schema.Select(c => c.Name).ToArray());
        CollectionAssert.AreEqual(Scores(model.LastTransformer, s_photos), Scores(model, s_photos));
        Dispose(model);
    }

    [TestMethod]
    public void Fit_ChainThatDropsThePromisedColumns_ScoresInViewsEnginesAndANewProcess()
    {
        var ml = new MLContext(7);
        var options = Options("dropped");
        var model = ml.Transforms.SyntheticUnseenData(options)
            .Append(ml.Transforms.DropColumns(options.PromptColumn))
            .Append(ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options with { Labels = TinyGenerator.Labels }))
            .Append(ml.Transforms.DropColumns(options.SyntheticColumn)).Fit(s_photos);
        var zip = s_world.Folder["dropped.zip"];
        ml.Model.Save(model, s_photos.Schema, zip);

        var lines = RunLoader(zip, s_world.Folder["photos"]);

        var scored = model.Transform(s_photos);
        Assert.IsNull(scored.Schema.GetColumnOrNull("Prompt"));
        CollectionAssert.AreEqual(
            TinyWorld.Scores(scored).Select(Bits).ToArray(),
            lines.Take(12).Select(l => string.Join(' ', l.Split(' ').Skip(1).Take(TinyGenerator.Labels.Count))).ToArray());
        Assert.HasCount(12, lines.Where(l => l.StartsWith("engine", StringComparison.Ordinal)));
        Dispose(model);
    }

    [TestMethod]
    public void PredictionEngine_Chain_ScoresLikeTransform()
    {
        var ml = new MLContext(7);
        var model = Chain(ml, Options("engine")).Fit(s_photos);
        using var engine = ml.Model.CreatePredictionEngine<Photo, Tags>(model);
        using var image = MLImage.CreateFromFile(s_photos.GetColumn<string>("ImagePath").First());

        var single = engine.Predict(new() { Image = image }).Score;

        foreach (var (expected, found) in TinyWorld.Scores(model.Transform(s_photos))[0].Zip(single))
        {
            Assert.AreEqual(expected, found, 1e-5f);
        }
    }

    [TestMethod]
    public void ModelLoad_NewProcessWithoutStoreAndModels_GivesTheSameBits()
    {
        using var world = new TinyWorld();
        var ml = new MLContext(7);
        var photos = world.Photos(ml, 4);
        var model = Chain(ml, TinyGenerator.Options(world, "store"), world).Fit(photos);
        var zip = world.Folder["chain.zip"];
        ml.Model.Save(model, photos.Schema, zip);
        var expected = Scores(model, photos);
        foreach (var folder in new[] { "store", "diffusion", "clip" })
        {
            Directory.Delete(world.Folder[folder], recursive: true);
        }

        var lines = RunLoader(zip, world.Folder["photos"]);

        CollectionAssert.AreEqual(expected, lines.Take(4).Select(l => string.Join(' ', l.Split(' ').Skip(1).Take(TinyGenerator.Labels.Count))).ToArray());
        using var loaded = Generator(ml.Model.Load(zip, out _));
        Assert.Contains(world.Folder["store"], Assert.ThrowsExactly<DirectoryNotFoundException>(() => loaded.Samples()).Message);
        Assert.Contains(world.Folder["diffusion"], Assert.ThrowsExactly<FileNotFoundException>(() => loaded.Generate()).Message);
        Dispose(model);
    }

    [TestMethod]
    public void ModelLoad_StoreIsThere_GivesOptionsStatisticsAndImages()
    {
        var ml = new MLContext();
        using var fitted = TinyGenerator.Fit(Options("loaded") with { AcceptanceFilter = TinyGenerator.Filter(s_world) with { PseudoLabelThreshold = 0.4f }, ConfusablePairs = [("white", "yellow"), ("white", "red")] }, ml);
        var zip = s_world.Folder["generator.zip"];
        ml.Model.Save(fitted, s_photos.Schema, zip);

        using var loaded = Generator(ml.Model.Load(zip, out _));

        Assert.AreEqual(fitted.Labels, loaded.Labels);
        Assert.AreEqual(fitted.StorePath, loaded.StorePath);
        Assert.AreEqual(fitted.Statistics with { Labels = [] }, loaded.Statistics with { Labels = [] });
        CollectionAssert.AreEqual(fitted.Statistics.Labels.ToArray(), loaded.Statistics.Labels.ToArray());
        CollectionAssert.AreEqual(fitted.Samples().Select(s => s.ToString()).ToArray(), loaded.Samples().Select(s => s.ToString()).ToArray());
        CollectionAssert.AreEqual(fitted.Generate().GetColumn<string>("ImagePath").ToArray(), loaded.Generate().GetColumn<string>("ImagePath").ToArray());
        Assert.IsNull(loaded.Tuning);
    }

    [TestMethod]
    public void ModelLoad_TunedEncoder_ComesWithTheModel()
    {
        var ml = new MLContext { TempFilePath = Directory.CreateDirectory(s_world.Folder["temporary"]).FullName };
        using var fitted = TinyGenerator.Fit(Options("encoder") with { TuningClip = s_world.Clip, Tuning = new() { Iterations = 2, Sampling = new() { Steps = 2, GuidanceScale = 1 } } }, ml);
        var (zip, one, two) = (s_world.Folder["tuned.zip"], s_world.Folder["one.safetensors"], s_world.Folder["two.safetensors"]);
        ml.Model.Save(fitted, s_photos.Schema, zip);
        fitted.SaveTextEncoder(one);
        Directory.Delete(fitted.StorePath, recursive: true);

        using (var loaded = Generator(ml.Model.Load(zip, out _)))
        {
            loaded.SaveTextEncoder(two);
            CollectionAssert.AreEqual(fitted.Tuning!.Losses.ToArray(), loaded.Tuning!.Losses.ToArray());

            // A loaded model can be saved again.
            ml.Model.Save(loaded, s_photos.Schema, zip);
        }

        CollectionAssert.AreEqual(File.ReadAllBytes(one), File.ReadAllBytes(two));
        Assert.IsEmpty(Directory.GetFiles(ml.TempFilePath, "zsmlc-*"));
        using var again = Generator(ml.Model.Load(zip, out _));
        Assert.HasCount(2, again.Tuning!.Losses);
    }

    [TestMethod]
    public void Generate_LoadedModelWithoutStore_MakesTheSameImagesWithoutItsPromptSource()
    {
        var ml = new MLContext();
        var folder = Directory.CreateDirectory(s_world.Folder["prompts"]).FullName;
        File.WriteAllLines(Path.Combine(folder, "yellow_white.txt"), ["Something yellow by something white.", "A white thing on a yellow one."]);
        var options = Options("regenerated") with
        {
            Prompts = PromptSource.Files(folder),
            PromptsPerSet = 3,
            AcceptanceFilter = TinyGenerator.Filter(s_world),
            Tuning = new() { Iterations = 1, LearningRate = 0.01, Sampling = new() { Steps = 2, GuidanceScale = 1 } },
        };
        using var fitted = TinyGenerator.Fit(options, ml);
        var zip = s_world.Folder["regenerated.zip"];
        ml.Model.Save(fitted, s_photos.Schema, zip);
        Directory.Delete(folder, recursive: true);
        Directory.Move(fitted.StorePath, fitted.StorePath + "-before");

        using var loaded = Generator(ml.Model.Load(zip, out _));
        var view = loaded.Generate();

        Assert.AreEqual((long)fitted.Statistics.Accepted, view.GetRowCount());
        TinyGenerator.AssertSame(fitted.StorePath + "-before", fitted.StorePath, "*.png");
        TinyGenerator.AssertSame(fitted.StorePath + "-before", fitted.StorePath, "*.txt");
        TinyGenerator.AssertSame(fitted.StorePath + "-before", fitted.StorePath, "*.json");
    }

    [TestMethod]
    public void Generate_LoadedModelWithAnotherDiffusionModel_IsRefused()
    {
        using var world = new TinyWorld();
        var ml = new MLContext();
        using var fitted = TinyGenerator.Fit(TinyGenerator.Options(world, "store"), ml);
        ml.Model.Save(fitted, s_photos.Schema, world.Folder["model.zip"]);
        File.Delete(Directory.GetFiles(Path.Combine(fitted.StorePath, "images"), "*.png", SearchOption.AllDirectories)[0]);
        File.AppendAllText(Path.Combine(world.Diffusion, "vae", "config.json"), " ");

        using var loaded = Generator(ml.Model.Load(world.Folder["model.zip"], out _));

        Assert.Contains("(Diffusion)", Assert.ThrowsExactly<InvalidOperationException>(() => loaded.Generate()).Message);
    }

    private static SyntheticUnseenDataOptions Options(string store) => TinyGenerator.Options(s_world, store);

    private static EstimatorChain<FusionMultiLabelTransformer> Chain(MLContext ml, SyntheticUnseenDataOptions options, TinyWorld? world = null) =>
        ml.Transforms.SyntheticUnseenData(options).Append(ml.MultiLabelClassification.Trainers.FusionMultiLabel((world ?? s_world).Options with { Labels = TinyGenerator.Labels }));

    private static string[] Scores(ITransformer model, IDataView photos) => [.. TinyWorld.Scores(model.Transform(photos)).Select(Bits)];

    private static SyntheticUnseenDataTransformer Generator(ITransformer model) =>
        (SyntheticUnseenDataTransformer)(model is IEnumerable<ITransformer> chain ? chain.First() : model);

    private static void Dispose(IEnumerable<ITransformer> chain)
    {
        foreach (var step in chain.OfType<IDisposable>())
        {
            step.Dispose();
        }
    }
}
