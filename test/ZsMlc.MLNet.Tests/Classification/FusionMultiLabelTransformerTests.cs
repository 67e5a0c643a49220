using System.Diagnostics;
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using TorchSharp;

namespace ZsMlc.MLNet.Classification;

[TestClass]
public sealed class FusionMultiLabelTransformerTests
{
    private static readonly MLContext s_ml = new(7);

    private static TinyWorld s_world = null!;
    private static IDataView s_photos = null!;
    private static FusionMultiLabelTransformer s_model = null!;

    [ClassInitialize]
    public static void Train(TestContext context)
    {
        s_world = new();
        s_photos = s_world.Photos(s_ml, 12);
        s_model = TinyWorld.Fit(s_ml, s_world.Options with { IncludeTextEncoder = true }, s_photos);
    }

    [ClassCleanup]
    public static void Clean()
    {
        s_model.Dispose();
        s_world.Dispose();
    }

    [TestMethod]
    public void Transform_Photos_AddsNamedScoresAndPredictedLabels()
    {
        var scored = s_model.Transform(s_photos);

        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["Score"].GetSlotNames(ref names);
        CollectionAssert.AreEqual(TinyWorld.Labels.All.ToArray(), names.DenseValues().Select(n => n.ToString()).ToArray());
        var scores = TinyWorld.Scores(scored);
        var predicted = scored.GetColumn<string[]>("PredictedLabels").ToArray();
        Assert.HasCount(12, scores);
        for (var i = 0; i < scores.Length; i++)
        {
            Assert.IsTrue(scores[i].All(s => s is >= 0 and <= 1));
            CollectionAssert.AreEqual(TinyWorld.Labels.All.Zip(scores[i]).Where(p => p.Second >= 0.5).OrderByDescending(p => p.Second).Select(p => p.First).ToArray(), predicted[i]);
        }

        var metrics = s_ml.MultiLabelClassification.Evaluate(scored, TinyWorld.Labels.Seen);
        Assert.IsTrue(metrics.MeanAveragePrecision is > 0 and <= 1);
    }

    [TestMethod]
    public void Transform_Scores_AreAnnotatedAsMLNetsOwn()
    {
        static string Text(DataViewSchema.Column column, string kind)
        {
            ReadOnlyMemory<char> value = default;
            column.Annotations.GetValue(kind, ref value);
            return value.ToString();
        }

        static uint Set(DataViewSchema.Column column)
        {
            uint value = 0;
            column.Annotations.GetValue("ScoreColumnSetId", ref value);
            return value;
        }

        var scored = s_model.Transform(s_photos).Schema;
        var again = s_model.Transform(s_model.Transform(s_photos)).Schema;
        var promised = s_ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options).GetOutputSchema(Interop.Shapes.Of(s_photos.Schema));

        Assert.AreEqual(("MulticlassClassification", "Probability"), (Text(scored["Score"], "ScoreColumnKind"), Text(scored["Score"], "ScoreValueKind")));
        Assert.AreEqual(("MulticlassClassification", "PredictedLabel"), (Text(scored["PredictedLabels"], "ScoreColumnKind"), Text(scored["PredictedLabels"], "ScoreValueKind")));
        Assert.AreEqual(Set(scored["Score"]), Set(scored["PredictedLabels"]));
        Assert.AreEqual(Set(scored["Score"]) + 1, Set(again["Score"]));
        foreach (var name in new[] { "Score", "PredictedLabels" })
        {
            var column = promised.Single(c => c.Name == name);
            CollectionAssert.AreEquivalent(scored[name].Annotations.Schema.Select(a => a.Name).ToArray(), column.Annotations.Select(a => a.Name).ToArray());
        }
    }

    [TestMethod]
    public void Transform_TopK_PredictsThatMany()
    {
        using var model = TinyWorld.Fit(s_ml, s_world.Options with { TopK = 2 }, s_photos);

        Assert.IsTrue(model.Transform(s_photos).GetColumn<string[]>("PredictedLabels").All(p => p.Length == 2));
    }

    [TestMethod]
    public void ModelLoad_NewProcessWithNoOtherCall_GivesTheSameBits()
    {
        var zip = s_world.Folder["model.zip"];
        s_ml.Model.Save(s_model, s_photos.Schema, zip);
        var expected = TinyWorld.Scores(s_model.Transform(s_photos)).Select(Bits).ToList();
        using var engine = s_ml.Model.CreatePredictionEngine<Photo, Tags>(s_model, new PredictionEngineOptions { OwnsTransformer = false });
        foreach (var path in s_photos.GetColumn<string>("ImagePath"))
        {
            using var image = MLImage.CreateFromFile(path);
            expected.Add(Bits(engine.Predict(new Photo { Image = image }).Score));
        }

        var lines = RunLoader(zip, s_world.Folder["photos"]);

        Assert.HasCount(24, lines);
        CollectionAssert.AreEqual(Enumerable.Repeat("view", 12).Concat(Enumerable.Repeat("engine", 12)).ToArray(), lines.Select(l => l.Split(' ')[0]).ToArray());
        CollectionAssert.AreEqual(expected, lines.Select(l => string.Join(' ', l.Split(' ')[1..6])).ToList());
    }

    [TestMethod]
    public void ModelLoad_ChainWithOtherTransformers_KeepsScoresAndLabels()
    {
        var chain = s_ml.Transforms.CopyColumns("Copy", "ImagePath").Append(s_ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options)).Fit(s_photos);
        var zip = s_world.Folder["chain.zip"];
        s_ml.Model.Save(chain, s_photos.Schema, zip);

        var loaded = s_ml.Model.Load(zip, out _);

        CollectionAssert.AreEqual(TinyWorld.Scores(chain.Transform(s_photos)).Select(Bits).ToArray(), TinyWorld.Scores(loaded.Transform(s_photos)).Select(Bits).ToArray());
        var last = (FusionMultiLabelTransformer)((TransformerChain<ITransformer>)loaded).LastTransformer;
        Assert.AreEqual(TinyWorld.Labels, last.Labels);
        Assert.IsNull(last.Training);
        Assert.IsNotNull(s_model.Training);
    }

    [TestMethod]
    public void PredictionEngine_Photo_ScoresLikeTransform()
    {
        var batch = TinyWorld.Scores(s_model.Transform(s_photos));
        using var engine = s_ml.Model.CreatePredictionEngine<Photo, Tags>(s_model, new PredictionEngineOptions { OwnsTransformer = false });

        var i = 0;
        foreach (var path in s_photos.GetColumn<string>("ImagePath"))
        {
            using var image = MLImage.CreateFromFile(path);
            var single = engine.Predict(new Photo { Image = image }).Score;
            for (var c = 0; c < single.Length; c++)
            {
                Assert.AreEqual(batch[i][c], single[c], 1e-5f);
            }

            i++;
        }
    }

    [TestMethod]
    public void WithLabels_LoadedModelWithTextEncoder_ScoresNewNamesAndKeepsOldScores()
    {
        var zip = s_world.Folder["text.zip"];
        s_ml.Model.Save(s_model, s_photos.Schema, zip);
        using var loaded = (FusionMultiLabelTransformer)s_ml.Model.Load(zip, out _);

        using var other = loaded.WithLabels(["purple", "green"]);

        Assert.AreEqual(LabelSet.Create(["green"], ["purple"]), other.Labels);
        var (before, after) = (TinyWorld.Scores(loaded.Transform(s_photos)), TinyWorld.Scores(other.Transform(s_photos)));
        for (var i = 0; i < 12; i++)
        {
            Assert.AreEqual(before[i][1], after[i][0], 0.02f);
        }
    }

    [TestMethod]
    public void ModelLoad_VisionTransformer_ScoresTheSameBitsAndTakesOtherLabels()
    {
        using var model = TinyWorld.Fit(s_ml, s_world.Options with { Clip = s_world.ViT, IncludeTextEncoder = true, Precision = TorchSharp.torch.ScalarType.BFloat16 }, s_photos);
        var zip = s_world.Folder["vit.zip"];
        s_ml.Model.Save(model, s_photos.Schema, zip);
        using var loaded = (FusionMultiLabelTransformer)s_ml.Model.Load(zip, out _);
        var expected = TinyWorld.Scores(model.Transform(s_photos));

        CollectionAssert.AreEqual(expected.SelectMany(s => s).ToArray(), TinyWorld.Scores(loaded.Transform(s_photos)).SelectMany(s => s).ToArray());
        using var other = loaded.WithLabels(["purple", "green"]);
        Assert.AreEqual(2, TinyWorld.Scores(other.Transform(s_photos))[0].Length);
        Assert.IsTrue(expected.SelectMany(s => s).All(float.IsFinite));
    }

    [TestMethod]
    public void ModelSave_LoadedWithoutItsTextTower_LoadsAndScoresTheSameBits()
    {
        using var model = TinyWorld.Fit(s_ml, s_world.Options, s_photos);
        var zip = s_world.Folder["again.zip"];
        s_ml.Model.Save(model, s_photos.Schema, zip);
        var expected = TinyWorld.Scores(model.Transform(s_photos)).Select(Bits).ToArray();
        for (var round = 0; round < 2; round++)
        {
            using var loaded = (FusionMultiLabelTransformer)s_ml.Model.Load(zip, out _);
            CollectionAssert.AreEqual(expected, TinyWorld.Scores(loaded.Transform(s_photos)).Select(Bits).ToArray());
            s_ml.Model.Save(s_ml.Transforms.CopyColumns("Copy", "ImagePath").Fit(s_photos).Append(loaded), s_photos.Schema, s_world.Folder["chain.zip"]);
            s_ml.Model.Save(loaded, s_photos.Schema, zip);
        }

        using var chain = (TransformerChain<ITransformer>)s_ml.Model.Load(s_world.Folder["chain.zip"], out _);
        CollectionAssert.AreEqual(expected, TinyWorld.Scores(chain.Transform(s_photos)).Select(Bits).ToArray());
    }

    [TestMethod]
    public void WithLabels_BeforeAndAfterSaving_ScoresTheSameBits()
    {
        string[] labels = ["purple", "green", "a very dark blue"];
        string[] Bits(FusionMultiLabelTransformer model) => [.. TinyWorld.Scores(model.Transform(s_photos)).Select(FusionMultiLabelTransformerTests.Bits)];
        FusionMultiLabelTransformer Reload(FusionMultiLabelTransformer model, string file)
        {
            s_ml.Model.Save(model, s_photos.Schema, s_world.Folder[file]);
            return (FusionMultiLabelTransformer)s_ml.Model.Load(s_world.Folder[file], out _);
        }

        using var fresh = s_model.WithLabels(labels);
        using var loaded = Reload(s_model, "before.zip");
        using var fromLoaded = loaded.WithLabels(labels);
        using var saved = Reload(fresh, "after.zip");
        using var bare = TinyWorld.Fit(s_ml, s_world.Options, s_photos);
        using var fromBare = bare.WithLabels(labels);
        using var savedBare = Reload(fromBare, "bare-after.zip");

        CollectionAssert.AreEqual(Bits(fresh), Bits(fromLoaded));
        CollectionAssert.AreEqual(Bits(fresh), Bits(saved));
        CollectionAssert.AreEqual(Bits(fromBare), Bits(savedBare));
    }

    [TestMethod]
    public void WithLabels_SavedWithoutTextEncoder_SaysHowToKeepIt()
    {
        using var model = TinyWorld.Fit(s_ml, s_world.Options, s_photos);
        var zip = s_world.Folder["bare.zip"];
        s_ml.Model.Save(model, s_photos.Schema, zip);
        using var loaded = (FusionMultiLabelTransformer)s_ml.Model.Load(zip, out _);

        Assert.ThrowsExactly<InvalidOperationException>(() => loaded.WithLabels(["purple"]));
        Assert.IsTrue(new FileInfo(zip).Length < new FileInfo(SaveWithText()).Length / 2);
    }

    [TestMethod]
    [DataRow(0.5)]
    [DataRow(0.95)]
    [DataRow(0.0)]
    public void ModelLoad_FileCutShort_Throws(double kept)
    {
        var whole = File.ReadAllBytes(SaveWithText());
        var path = s_world.Folder["cut.zip"];
        File.WriteAllBytes(path, whole[..(int)(whole.Length * kept)]);

        Assert.Throws<Exception>(() => s_ml.Model.Load(path, out _));
        Assert.Contains("cut.zip", Assert.ThrowsExactly<Torch.Checkpoints.CheckpointFormatException>(() => s_ml.MultiLabelClassification.Load(path)).Message);
    }

    [TestMethod]
    public void Load_ModelOfAnotherKind_SaysWhatItHolds()
    {
        var path = s_world.Folder["copy.zip"];
        s_ml.Model.Save(s_ml.Transforms.CopyColumns("Copy", "ImagePath").Fit(s_photos), s_photos.Schema, path);

        var e = Assert.ThrowsExactly<Torch.Checkpoints.CheckpointFormatException>(() => s_ml.MultiLabelClassification.Load(path));

        Assert.Contains("copy.zip", e.Message);
        Assert.Contains("CopyTransform", e.Message);
        Assert.ThrowsExactly<FileNotFoundException>(() => s_ml.MultiLabelClassification.Load(s_world.Folder["none.zip"]));
    }

    [TestMethod]
    public void Load_ModelFile_GivesTheClassifier()
    {
        using var loaded = s_ml.MultiLabelClassification.Load(SaveWithText());

        Assert.AreEqual(TinyWorld.Labels, loaded.Labels);
    }

    [TestMethod]
    public void ModelLoad_WeightsOfAnotherModel_NamesTheMismatch()
    {
        var path = SaveWithText();
        using (var zip = System.IO.Compression.ZipFile.Open(path, System.IO.Compression.ZipArchiveMode.Update))
        {
            var entry = zip.Entries.Single(e => e.Name == "weights.safetensors");
            var name = entry.FullName;
            entry.Delete();
            using var stream = zip.CreateEntry(name).Open();
            stream.Write("not weights at all"u8);
        }

        var e = Assert.Throws<Exception>(() => s_ml.Model.Load(path, out _));

        for (Exception? inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is Torch.Checkpoints.CheckpointFormatException)
            {
                return;
            }
        }

        Assert.Fail(e.ToString());
    }

    [TestMethod]
    public void Transform_MissingOrMistypedImageColumn_NamesColumnAndType()
    {
        var texts = s_ml.Transforms.CopyColumns("Image", "ImagePath").Fit(s_photos).Transform(s_photos);
        var none = s_ml.Transforms.SelectColumns("ImagePath").Fit(s_photos).Transform(s_photos);

        var mistyped = Assert.ThrowsExactly<ArgumentException>(() => s_model.Transform(texts));
        var missing = Assert.ThrowsExactly<ArgumentException>(() => s_model.Transform(none));

        Assert.Contains("'Image'", mistyped.Message);
        Assert.Contains("String", mistyped.Message);
        Assert.Contains("ImagePath", missing.Message);
    }

    [TestMethod]
    public void Transform_SeveralThreads_GiveTheSameScores()
    {
        var expected = TinyWorld.Scores(s_model.Transform(s_photos)).SelectMany(s => s).ToArray();
        var found = new float[4][];

        Parallel.For(0, 4, i => found[i] = [.. TinyWorld.Scores(s_model.Transform(s_photos)).SelectMany(s => s)]);

        foreach (var scores in found)
        {
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], scores[i], 1e-5f);
            }
        }
    }

    [TestMethod]
    public void Transform_BuiltInDataOperations_WorkBeforeAndBehind()
    {
        var split = s_ml.Data.TrainTestSplit(s_photos, 0.4, seed: 3);
        var scored = s_model.Transform(split.TestSet);

        var scores = TinyWorld.Scores(s_ml.Data.TakeRows(s_ml.Data.Cache(s_ml.Transforms.SelectColumns("Score", "PredictedLabels").Fit(scored).Transform(scored)), 2));

        Assert.HasCount(2, scores);
        Assert.AreEqual(12, split.TrainSet.GetColumn<string>("ImagePath").Count() + split.TestSet.GetColumn<string>("ImagePath").Count());
        Assert.HasCount(3, scored.Preview(3).RowView);
    }

    [TestMethod]
    public void Transform_UnreadableImage_ThrowsWithThePath()
    {
        using var folder = new TestFolder();
        TestPictures.Solid(folder["a.png"], 1, 1, 9, 9, 9);
        TestPictures.Solid(folder["b.png"], 16000, 2, 9, 9, 9);
        var broken = folder.Write("c.png", "broken");

        var good = s_model.Transform(s_ml.Data.LoadImagesFromFolder(folder.Path, options: new() { SkipUnreadable = true }));
        Assert.HasCount(2, TinyWorld.Scores(good));
        var e = Assert.ThrowsExactly<Images.ImageReadException>(() => TinyWorld.Scores(s_model.Transform(s_ml.Data.LoadImagesFromFolder(folder.Path))));

        Assert.AreEqual(broken, e.Path);
    }

    [TestMethod]
    public void Transform_ImageLargerThanAllowed_EndsAtItsRowAlsoInALoadedModel()
    {
        using var folder = new TestFolder();
        TestPictures.Solid(folder["a.png"], 10, 10, 9, 9, 9);
        TestPictures.Solid(folder["b.png"], 60, 70, 9, 9, 9);
        var pictures = s_ml.Data.LoadImagesFromFolder(folder.Path);
        using var model = TinyWorld.Fit(s_ml, s_world.Options with { MaximumPixels = 4199 }, s_photos);
        s_ml.Model.Save(model, pictures.Schema, folder["m.zip"]);
        using var loaded = (FusionMultiLabelTransformer)s_ml.Model.Load(folder["m.zip"], out _);

        foreach (var tagger in new[] { model, loaded })
        {
            var e = Assert.ThrowsExactly<InvalidOperationException>(() => TinyWorld.Scores(tagger.Transform(pictures)));
            Assert.Contains("Row 1 has an image of 60 x 70 pixels", e.Message);
            Assert.Contains("4199", e.Message);
        }

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TinyWorld.Fit(s_ml, s_world.Options with { MaximumPixels = 0 }, s_photos));
    }

    [TestMethod]
    public void Transform_TwoThousandImages_LeavesNoTensorsAndAFlatMemory()
    {
        var view = s_model.Transform(TinyWorld.Rows(500));

        // The allocators of two runtimes take a few passes to find their size.
        for (var i = 0; i < 3; i++)
        {
            TinyWorld.Scores(view);
        }

        var tensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var before = Resident();

        for (var i = 0; i < 4; i++)
        {
            Assert.HasCount(500, TinyWorld.Scores(view));
        }

        Assert.AreEqual(tensors, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        var growth = Resident() - before;
        Assert.IsTrue(growth < 64, $"{growth} MB more");
    }

    private static string SaveWithText()
    {
        var path = s_world.Folder[$"with-text-{Guid.NewGuid():n}.zip"];
        s_ml.Model.Save(s_model, s_photos.Schema, path);
        return path;
    }

    internal static string[] RunLoader(params string[] arguments)
    {
        var loader = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Loader").Value!;
        using var process = Process.Start(new ProcessStartInfo("dotnet", [loader, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, errors.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 >> 20;
    }

    internal static string Bits(float[] scores) => string.Join(' ', scores.Select(s => BitConverter.SingleToUInt32Bits(s).ToString("x8")));

    internal sealed class Photo
    {
        [ImageType(1, 1)]
        public MLImage Image { get; set; } = null!;
    }

    internal sealed class Tags
    {
        public float[] Score { get; set; } = [];
    }
}
