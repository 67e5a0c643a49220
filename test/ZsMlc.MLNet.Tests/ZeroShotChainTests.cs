using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZsMlc.MicroModels;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Filtering;
using ZsMlc.MLNet.Interop;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.MLNet.SyntheticData.Prompts.Words;

namespace ZsMlc.MLNet;

/// <summary>The main job on the micro models: from pictures of seen labels alone to a saved model that scores unseen ones.</summary>
[TestClass]
public sealed class ZeroShotChainTests
{
    private const int ImagesPerLabel = 2, Photos = 24, TestPhotos = 40;

    private static readonly MicroBundle s_micro = ZeroShotModels.Micro;
    private static readonly LabelSet s_labels = LabelSet.Create(s_micro.Seen, s_micro.Unseen);
    private static readonly MLContext s_ml = new(7);
    private static readonly List<string> s_messages = [];

    private static TestFolder s_folder = null!;
    private static IDataView s_seen = null!, s_test = null!;
    private static TransformerChain<FusionMultiLabelTransformer> s_model = null!;

    [ClassInitialize]
    public static void Fit(TestContext context)
    {
        s_folder = new();
        s_ml.Log += (_, e) => s_messages.Add(e.RawMessage);
        s_seen = s_ml.Data.TakeRows(s_ml.Data.LoadFromCoco(s_micro.Train.Annotations, s_micro.Train.Images), Photos);
        s_test = s_ml.Data.TakeRows(s_ml.Data.LoadFromCoco(s_micro.Test.Annotations, s_micro.Test.Images), TestPhotos);
        foreach (var label in s_labels.Unseen)
        {
            // The micro text encoder reads 14 tokens.
            PromptFiles.Write(s_folder["prompts"], [label], [$"A photo of {NounForms.WithArticle(label)}."]);
        }

        s_model = Chain(s_ml).Fit(s_seen);
    }

    [ClassCleanup]
    public static void Clean()
    {
        s_model.Dispose();
        s_folder.Dispose();
    }

    [TestMethod]
    public void Fit_SeenPictures_GeneratesFiltersAndTrains()
    {
        var made = s_model.OfType<SyntheticUnseenDataTransformer>().Single();
        var filter = s_model.OfType<ClipFilterTransformer>().Single();

        Assert.AreEqual(ImagesPerLabel * s_micro.Unseen.Count, made.Statistics.Generated);
        Assert.AreEqual(Photos, filter.Statistics!.Real);
        Assert.AreEqual(made.Statistics.Accepted, filter.Statistics.Kept + filter.Statistics.Dropped);
        Assert.IsGreaterThanOrEqualTo(made.Statistics.Accepted / 2, filter.Statistics.Kept, filter.Statistics.ToString());
        Assert.IsTrue(s_messages.Any(m => m.Contains($"{Photos + filter.Statistics.Kept} training rows")), string.Join('\n', s_messages));
        var losses = s_model.LastTransformer.Training!.EpochLosses;
        Assert.IsLessThan(losses[0], losses[^1]);
    }

    [TestMethod]
    public void Transform_TestPictures_ScoresEveryRowAndLabel()
    {
        var scored = s_model.Transform(s_test);

        Assert.HasCount(TestPhotos, TinyWorld.Scores(scored));
        CollectionAssert.AreEqual(s_labels.All.ToArray(), Shapes.SlotNamesOf(scored.Schema["Score"])!.ToArray());
        Assert.IsFalse(scored.GetColumn<bool>("IsSynthetic").Contains(true));
        Assert.IsTrue(scored.GetColumn<string>("Prompt").All(p => p.Length == 0));
        var zeroShot = s_ml.MultiLabelClassification.Evaluate(scored, s_labels.Unseen, topK: 3);
        var generalised = s_ml.MultiLabelClassification.Evaluate(scored, s_labels.All, topK: 3);
        Assert.IsTrue(zeroShot.MeanAveragePrecision is > 0 and <= 1);
        Assert.IsTrue(generalised.MeanAveragePrecision is > 0 and <= 1);
    }

    [TestMethod]
    public void ModelLoad_NewProcessWithoutTheModels_ScoresTheSameBits()
    {
        var pictures = Directory.CreateDirectory(s_folder["pictures"]).FullName;
        foreach (var path in s_test.GetColumn<string>("ImagePath").Take(6))
        {
            File.Copy(path, Path.Combine(pictures, Path.GetFileName(path)));
        }

        var zip = s_folder["tagger.zip"];
        s_ml.Model.Save(s_model, s_seen.Schema, zip);
        var expected = TinyWorld.Scores(s_model.Transform(s_ml.Data.LoadImagesFromFolder(pictures))).Select(FusionMultiLabelTransformerTests.Bits).ToList();

        // What scoring must not need is away meanwhile.
        Directory.Move(s_folder["store"], s_folder["moved"]);
        try
        {
            var lines = FusionMultiLabelTransformerTests.RunLoader(zip, pictures);

            CollectionAssert.AreEqual(expected, lines.Where(l => l.StartsWith("view")).Select(l => string.Join(' ', l.Split(' ')[1..(1 + s_labels.Count)])).ToList());
            Assert.HasCount(6, lines.Where(l => l.StartsWith("engine")));
        }
        finally
        {
            Directory.Move(s_folder["moved"], s_folder["store"]);
        }
    }

    [TestMethod]
    public void ModelLoad_Links_TellWhatTheyDid()
    {
        var zip = s_folder["links.zip"];
        s_ml.Model.Save(s_model, s_seen.Schema, zip);

        var loaded = ((TransformerChain<ITransformer>)s_ml.Model.Load(zip, out _)).ToList();

        Assert.AreEqual(s_model.OfType<SyntheticUnseenDataTransformer>().Single().Statistics.Accepted, loaded.OfType<SyntheticUnseenDataTransformer>().Single().Statistics.Accepted);
        var filter = loaded.OfType<ClipFilterTransformer>().Single();
        Assert.IsTrue(filter.IsSpent);
        Assert.AreEqual(s_model.OfType<ClipFilterTransformer>().Single().Statistics!.ToString(), filter.Statistics!.ToString());
    }

    [TestMethod]
    public void Fit_Again_MakesNoImageAndTheSameModel()
    {
        List<GenerationProgress> progress = [];

        using var again = Chain(new MLContext(7), progress: new Direct(progress.Add)).Fit(s_seen);

        Assert.AreEqual(0, progress[^1].Generated);
        CollectionAssert.AreEqual(
            TinyWorld.Scores(s_model.Transform(s_test)).Select(FusionMultiLabelTransformerTests.Bits).ToArray(),
            TinyWorld.Scores(again.Transform(s_test)).Select(FusionMultiLabelTransformerTests.Bits).ToArray());
    }

    [TestMethod]
    public void Fit_LabelsAsNumbers_TrainsOnRealAndSyntheticRows()
    {
        List<string> messages = [];
        var ml = new MLContext(7);
        ml.Log += (_, e) => messages.Add(e.RawMessage);
        var paths = s_seen.GetColumn<string>("ImagePath").ToArray();
        var names = s_seen.GetColumn<string[]>("Labels").ToArray();
        var slots = s_micro.Seen.ToArray();
        var numbers = new IndexedColumn("Labels", new VectorDataViewType(NumberDataViewType.Single, slots.Length), row => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
            value = new(slots.Length, [.. slots.Select(s => names[row.Index].Contains(s) ? 1f : 0)])), Shapes.Slots(slots));
        var image = new IndexedColumn("Image", new Microsoft.ML.Transforms.Image.ImageDataViewType(), row => (ValueGetter<MLImage>)((ref MLImage value) =>
        {
            value?.Dispose();
            value = MLImage.CreateFromFile(paths[row.Index]);
        }));

        using var model = Chain(ml).Fit(new IndexedDataView(Photos, [image, numbers]));

        var kept = model.OfType<ClipFilterTransformer>().Single().Statistics!;
        Assert.AreEqual(s_model.OfType<ClipFilterTransformer>().Single().Statistics!.ToString(), kept.ToString());
        Assert.IsTrue(messages.Any(m => m.Contains($"{Photos + kept.Kept} training rows")));
        Assert.IsFalse(messages.Any(m => m.Contains("have no positive row") && s_labels.Unseen.All(u => m.Contains(u))));
    }

    private static EstimatorChain<FusionMultiLabelTransformer> Chain(MLContext ml, IProgress<GenerationProgress>? progress = null) =>
        ml.Transforms.SyntheticUnseenData(new SyntheticUnseenDataOptions
        {
            Labels = s_labels,
            Diffusion = s_micro.Diffusion,
            StorePath = s_folder["store"],
            ImagesPerLabel = ImagesPerLabel,
            LabelsPerImage = 1,
            Prompts = PromptSource.Files(s_folder["prompts"]),
            NegativePrompt = "",
            Sampling = new() { Steps = 10, GuidanceScale = 3, BatchSize = 8 },
            Progress = progress,
        })
        .Append(ml.Transforms.ClipFilter(new ClipFilterOptions { Labels = s_labels, Clip = s_micro.Clip }))
        .Append(ml.MultiLabelClassification.Trainers.FusionMultiLabel(new FusionMultiLabelOptions
        {
            Labels = s_labels,
            Clip = s_micro.Clip,
            Network = new() { ContextTokens = 4 },
            Epochs = 6,
            BatchSize = 8,
        }));

    private sealed class Direct(Action<GenerationProgress> told) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => told(value);
    }
}
