using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Filtering;
using ZsMlc.MLNet.Interop;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;

namespace ZsMlc.MLNet;

/// <summary>What is wrong with any step of a chain is told before the first image is made or read.</summary>
[TestClass]
public sealed class ChainChecksTests
{
    private static TinyWorld s_world = null!;

    private readonly MLContext _ml = new(7);
    private int _imageReads;

    [ClassInitialize]
    public static void Create(TestContext context) => s_world = new();

    [ClassCleanup]
    public static void Clean() => s_world.Dispose();

    private static SyntheticUnseenDataOptions Generator => TinyGenerator.Options(s_world, "early");

    private static ClipFilterOptions Filter => new() { Labels = TinyGenerator.Labels, Clip = s_world.Clip };

    private static FusionMultiLabelOptions Trainer => s_world.Options with { Labels = TinyGenerator.Labels };

    [TestMethod]
    public void Fit_ModelMissing_NamesTheOptionOfTheStep()
    {
        var none = s_world.Folder["none"];

        Refuses<FileNotFoundException>("FusionMultiLabelOptions.Clip", Generator, Filter, Trainer with { Clip = none });
        Refuses<FileNotFoundException>("ClipFilterOptions.Clip", Generator, Filter with { Clip = none }, Trainer);
        Refuses<FileNotFoundException>("SyntheticUnseenDataOptions.Diffusion", Generator with { Diffusion = none }, Filter, Trainer);
        Refuses<FileNotFoundException>("SyntheticUnseenDataOptions.AcceptanceFilter.Clip", Generator with { AcceptanceFilter = new() { Clip = none } }, Filter, Trainer);
        Refuses<FileNotFoundException>("SyntheticUnseenDataOptions.TuningClip", Generator with { Tuning = new(), TuningClip = none }, Filter, Trainer);
        Refuses<FileNotFoundException>("SyntheticUnseenDataOptions.TextEncoder", Generator with { TextEncoder = none }, Filter, Trainer);
    }

    [TestMethod]
    public void Fit_ModelCutShort_NamesFileAndOption()
    {
        var cut = s_world.Folder["cut.safetensors"];
        var whole = File.ReadAllBytes(Directory.GetFiles(s_world.Clip, "*.safetensors").Single());
        File.WriteAllBytes(cut, whole[..(whole.Length / 2)]);

        var message = Refuses<CheckpointFormatException>("FusionMultiLabelOptions.Clip", Generator, Filter, Trainer with { Clip = cut });

        Assert.StartsWith(cut, message);
    }

    [TestMethod]
    public void Fit_DiffusionModelOfOtherSizes_NamesThePart()
    {
        var copy = s_world.Folder["other-sizes"];
        foreach (var file in Directory.GetFiles(s_world.Diffusion, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(s_world.Diffusion, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        File.Delete(Directory.GetFiles(Path.Combine(copy, "vae"), "*.safetensors").Single());
        File.Copy(Directory.GetFiles(Path.Combine(copy, "unet"), "*.safetensors").Single(), Path.Combine(copy, "vae", "diffusion_pytorch_model.safetensors"));

        Refuses<CheckpointMismatchException>("AutoencoderKL", Generator with { Diffusion = copy }, Filter, Trainer);
    }

    [TestMethod]
    public void Fit_TrainerThatTheModelDoesNotSuit_NamesWhatDoesNotFit()
    {
        var label = string.Join(' ', Enumerable.Repeat("cat", 80));
        var labels = LabelSet.Create(TinyGenerator.Labels.Seen.Append(label), TinyGenerator.Labels.Unseen);

        Refuses<ArgumentException>("cat cat", Generator, Filter, Trainer with { Labels = labels });
        Refuses<ArgumentException>("DensePath", Generator, Filter, Trainer with { Network = new() { DensePath = DensePath.Plain } });
    }

    [TestMethod]
    public void Fit_LabelSetsThatDiffer_NamesLabelAndBothOptions()
    {
        LabelSet all = TinyGenerator.Labels, fewer = LabelSet.Create(all.Seen, ["yellow", "white"]), moved = LabelSet.Create([.. all.Seen, "purple"], ["yellow", "white"]);

        var lacking = Refuses<ArgumentException>("FusionMultiLabelOptions.Labels lacks 'purple'", Generator, Filter, Trainer with { Labels = fewer });
        Assert.Contains("SyntheticUnseenDataOptions.Labels", lacking);
        Refuses<ArgumentException>("has 'purple' among the seen labels", Generator, Filter, Trainer with { Labels = moved });
        Refuses<ArgumentException>("ClipFilterOptions.Labels lacks 'purple'", Generator, Filter with { Labels = fewer }, Trainer);
        Refuses<ArgumentException>("ClipFilterOptions.Candidates lack 'purple'", Generator, Filter with { Candidates = ["yellow", "white"] }, Trainer);
    }

    [TestMethod]
    public void Fit_LabelThatTheFilterAdds_IsOneThatTheTrainerMustKnow()
    {
        var wider = LabelSet.Create([.. TinyGenerator.Labels.Seen, "colour"], TinyGenerator.Labels.Unseen);
        var adding = Filter with { Labels = wider, Hierarchy = new([KeyValuePair.Create("white", (IReadOnlyList<string>)["colour"])]) };

        Refuses<ArgumentException>("FusionMultiLabelOptions.Labels lacks 'colour'", Generator, adding, Trainer);
    }

    [TestMethod]
    public void Fit_PhotoWithAnUnknownLabel_NamesItsRowAndReadsNoImage()
    {
        var message = Refuses<InvalidOperationException>("'cow' (row 2)", Generator, Filter, Trainer, Photos("red", "green", "cow"));

        Assert.Contains("IgnoreUnknownLabels", message);
    }

    [TestMethod]
    public void Fit_PhotoWithAnUnknownLabelThatIsIgnored_Trains()
    {
        var generator = TinyGenerator.Options(s_world, "ignored") with { ImagesPerLabel = 1 };

        using var model = Chain(generator, Filter, Trainer with { IgnoreUnknownLabels = true }).Fit(Photos("red", "green", "cow"));

        Assert.AreEqual(3, TinyWorld.Scores(model.Transform(Photos("red", "red", "red"))).Length);
    }

    [TestMethod]
    public void Fit_GeneratorAlone_TakesPhotosOfAnyLabel()
    {
        var options = TinyGenerator.Options(s_world, "alone") with { ImagesPerLabel = 1 };

        using var model = _ml.Transforms.SyntheticUnseenData(options).Fit(Photos("cow"));

        Assert.IsGreaterThan(0, model.Statistics.Accepted);
        Assert.AreEqual(0, _imageReads);
    }

    [TestMethod]
    public void Fit_LabelsMadeAnewBehindTheGenerator_AreNotCheckedAgainstIt()
    {
        var generator = TinyGenerator.Options(s_world, "anew") with { ImagesPerLabel = 1 };
        var trainer = s_world.Options with { Labels = LabelSet.Create(["thing"]) };
        var relabel = _ml.Transforms.CustomMapping<Nothing, Thing>((_, made) => made.Labels = ["thing"], null).Append(_ml.Transforms.DropColumns("IsSynthetic"));

        using var model = _ml.Transforms.SyntheticUnseenData(generator).Append(relabel).Append(_ml.MultiLabelClassification.Trainers.FusionMultiLabel(trainer)).Fit(Photos("cow"));

        CollectionAssert.AreEqual(new[] { "thing" }, model.LastTransformer.Labels.All.ToArray());
    }

    [TestMethod]
    public void Fit_MoreImagesThanTheDiskHolds_NamesTheFolder()
    {
        var message = Refuses<IOException>("SyntheticUnseenDataOptions.StorePath", Generator with { ImagesPerLabel = int.MaxValue, Sampling = Generator.Sampling with { Width = 4096, Height = 4096 } }, Filter, Trainer);

        Assert.Contains(Generator.StorePath, message);
    }

    [TestMethod]
    public void Fit_GpuThatDoesNotExist_IsToldByTheFirstStep()
    {
        var ml = new MLContext(7) { GpuDeviceId = 999, FallbackToCpu = false };

        Assert.Contains("GPU 999", Assert.ThrowsExactly<InvalidOperationException>(() => ml.Transforms.ClipFilter(Filter).GetOutputSchema(Shapes.Of(Photos("red").Schema))).Message);
    }

    private EstimatorChain<FusionMultiLabelTransformer> Chain(SyntheticUnseenDataOptions generator, ClipFilterOptions filter, FusionMultiLabelOptions trainer) =>
        _ml.Transforms.SyntheticUnseenData(generator).Append(_ml.Transforms.ClipFilter(filter)).Append(_ml.MultiLabelClassification.Trainers.FusionMultiLabel(trainer));

    private string Refuses<T>(string part, SyntheticUnseenDataOptions generator, ClipFilterOptions filter, FusionMultiLabelOptions trainer, IDataView? photos = null)
        where T : Exception
    {
        var message = Assert.ThrowsExactly<T>(() => Chain(generator, filter, trainer).Fit(photos ?? Photos("red", "green"))).Message;

        Assert.Contains(part, message);
        Assert.IsFalse(Directory.Exists(generator.StorePath));
        Assert.AreEqual(0, _imageReads);
        return message;
    }

    private IndexedDataView Photos(params string[] labels) => new(labels.Length,
    [
        new("Image", new ImageDataViewType(), index => (ValueGetter<MLImage>)((ref MLImage value) =>
        {
            _imageReads++;
            value?.Dispose();
            value = MLImage.CreateFromPixels(2, 2, MLPixelFormat.Rgba32, new byte[16]);
        })),
        IndexedColumn.Texts("Labels", i => [labels[i]]),
    ]);

    private sealed class Nothing;

    private sealed class Thing
    {
        public string[] Labels { get; set; } = [];
    }
}
