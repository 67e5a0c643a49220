using System.Text.Json;
using TorchSharp;
using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace ZsMlc.MicroModels;

[TestClass]
public sealed class MicroBundleTests
{
    [TestMethod]
    public void Micro_AskedTwice_IsOneUnpackedFolder()
    {
        Assert.AreEqual(ZeroShotModels.Micro.Folder, MicroBundle.Unpack().Folder);
        Assert.IsTrue(File.Exists(Path.Combine(ZeroShotModels.Micro.Clip, "open_clip_config.json")));
        Assert.IsTrue(File.Exists(Path.Combine(ZeroShotModels.Micro.Diffusion, "model_index.json")));
        Assert.IsEmpty(ZeroShotModels.Micro.Seen.Intersect(ZeroShotModels.Micro.Unseen));
    }

    [TestMethod]
    public void Clip_OnItsWorld_RanksLabelsFarAboveChance()
    {
        using var scope = NewDisposeScope();
        using var clip = ClipModel.FromPretrained(ZeroShotModels.Micro.Clip);
        using var judge = new ClipDiscriminator(clip, WorldLabels.All);
        var corpus = new WebCorpus(99);
        var scenes = Enumerable.Range(0, 200).Select(i => corpus[i].Scene).ToList();
        var truth = scenes.SelectMany(s => WorldLabels.All.Select(l => s.Labels.Contains(l) ? 1f : 0)).ToArray();
        var scores = judge.Scores(Pictures(scenes)).contiguous().data<float>().ToArray();
        var map = MultiLabelRanking.MeanAveragePrecision(MultiLabelRanking.AveragePrecision(scores, truth, WorldLabels.All.Length));
        Assert.IsGreaterThan(0.8, map);
    }

    [TestMethod]
    public void Clip_AsFilter_KeepsTrueScenesAndRejectsFalseOnes()
    {
        using var scope = NewDisposeScope();
        using var clip = ClipModel.FromPretrained(ZeroShotModels.Micro.Clip);
        using var judge = new ClipDiscriminator(clip, WorldLabels.Unseen);
        var (scenes, targets, wrong) = (new List<Scene>(), new List<IReadOnlyCollection<int>>(), new List<IReadOnlyCollection<int>>());
        for (var i = 0; i < 100; i++)
        {
            var random = new WorldRandom(17, (ulong)i);
            var order = Enumerable.Range(0, WorldLabels.Unseen.Length).ToArray();
            random.Shuffle(order.AsSpan());
            scenes.Add(Scene.Compose(ref random, [WorldLabels.Unseen[order[0]], WorldLabels.Unseen[order[1]]], WorldStyle.Photo));
            targets.Add([order[0], order[1]]);
            wrong.Add([order[0], order[2]]);
        }

        int Kept(List<IReadOnlyCollection<int>> asked)
        {
            var v = judge.Judge(Pictures(scenes), judge.Targets(asked)).contiguous().data<float>().ToArray();
            return asked.Select((t, i) => KeepRule.Default.Keep(v.AsSpan(i * WorldLabels.Unseen.Length, WorldLabels.Unseen.Length), t)).Count(k => k);
        }

        Assert.IsGreaterThanOrEqualTo(60, Kept(targets));
        Assert.IsLessThanOrEqualTo(8, Kept(wrong));
    }

    [TestMethod]
    public async Task Diffusion_AskedForOneObject_MostlyDrawsIt()
    {
        using var pipeline = StableDiffusionPipeline.FromPretrained(ZeroShotModels.Micro.Diffusion);
        Assert.AreEqual(SceneRenderer.PictureSide, pipeline.NativeSize);
        var prompts = WorldLabels.Unseen.Select(l => $"A photo of a {l}.").ToList();
        var images = await pipeline.GenerateAsync(prompts, options: new GenerationOptions { Steps = 10, GuidanceScale = 3, BatchSize = 8, Seed = 4 });

        using var scope = NewDisposeScope();
        using var clip = ClipModel.FromPretrained(ZeroShotModels.Micro.Clip);
        using var judge = new ClipDiscriminator(clip, WorldLabels.Unseen);
        var best = judge.Scores(ToTensor([.. images.Select(i => i.Pixels)])).argmax(1).data<long>().ToArray();
        Assert.IsGreaterThanOrEqualTo(5, best.Where((b, i) => b == i).Count());
    }

    [TestMethod]
    public void Train_Annotations_NameSeenLabelsOfExistingPictures()
    {
        var pictures = ZeroShotModels.Micro.Train;
        using var json = JsonDocument.Parse(File.ReadAllBytes(pictures.Annotations));
        var images = json.RootElement.GetProperty("images");
        Assert.AreEqual(TargetSet.Count(TargetSplit.Train), images.GetArrayLength());
        Assert.IsTrue(File.Exists(Path.Combine(pictures.Images, images[0].GetProperty("file_name").GetString()!)));

        var names = json.RootElement.GetProperty("categories").EnumerateArray().ToDictionary(c => c.GetProperty("id").GetInt32(), c => c.GetProperty("name").GetString()!);
        foreach (var annotation in json.RootElement.GetProperty("annotations").EnumerateArray())
        {
            Assert.Contains(names[annotation.GetProperty("category_id").GetInt32()], ZeroShotModels.Micro.Seen);
        }
    }

    private static Tensor Pictures(IReadOnlyList<Scene> scenes) => ToTensor([.. scenes.Select(SceneRenderer.Render)]);

    private static Tensor ToTensor(IReadOnlyList<byte[]> pictures) =>
        tensor(pictures.SelectMany(p => p).ToArray(), [pictures.Count, SceneRenderer.PictureSide, SceneRenderer.PictureSide, 3], dtype: ScalarType.Byte).permute(0, 3, 1, 2).contiguous();

    [TestMethod]
    public void Diffusion_Files_AreWhatThePipelineWrites()
    {
        var written = Path.Combine(Path.GetTempPath(), $"zsmlc-{Guid.NewGuid():n}");
        try
        {
            using (var pipeline = StableDiffusionPipeline.FromPretrained(ZeroShotModels.Micro.Diffusion))
            {
                pipeline.Save(written);
            }

            var names = Directory.EnumerateFiles(written, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(written, f)).Order().ToList();
            CollectionAssert.AreEqual(names, Directory.EnumerateFiles(ZeroShotModels.Micro.Diffusion, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(ZeroShotModels.Micro.Diffusion, f)).Order().ToList());
            foreach (var name in names)
            {
                CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(written, name)), File.ReadAllBytes(Path.Combine(ZeroShotModels.Micro.Diffusion, name)), name);
            }
        }
        finally
        {
            Directory.Delete(written, recursive: true);
        }
    }
}
