using System.Globalization;
using MicroWorld;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;

namespace ZsMlc.Samples.Tests.MicroWorld;

/// <summary>The documented way from nothing to a bundle, a few steps a model.</summary>
[TestClass]
public sealed class RetrainingTests
{
    private static readonly string[] Models = ["clip", "vae", "unet"];
    private static TemporaryFolder s_folder = null!;

    [ClassInitialize]
    public static async Task TrainTwice(TestContext context)
    {
        _ = context;
        s_folder = new TemporaryFolder();
        foreach (var model in Models)
        {
            await Run(["train", model, "--until", "3", .. Short("whole")]);
            await Run(["train", model, "--until", "1", .. Short("stopped")]);
            await Run(["train", model, "--until", "3", .. Short("stopped")]);
        }

        await Run("export", "--work", s_folder["whole"], "--out", s_folder["whole/bundle"]);
        await Run("export", "--work", s_folder["stopped"], "--out", s_folder["stopped/bundle"]);
    }

    [ClassCleanup]
    public static void Remove() => s_folder.Dispose();

    [TestMethod]
    public void Export_RunStoppedAndGoneOn_HasTheFilesOfOneNeverStopped()
    {
        var files = Directory.GetFiles(s_folder["whole/bundle"], "*", SearchOption.AllDirectories);
        Assert.HasCount(3, files.Where(f => f.Contains("diffusion_pytorch_model", StringComparison.Ordinal) || f.EndsWith("clip_model.safetensors", StringComparison.Ordinal)).ToList());
        foreach (var file in files)
        {
            var other = Path.Combine(s_folder["stopped/bundle"], Path.GetRelativePath(s_folder["whole/bundle"], file));
            CollectionAssert.AreEqual(File.ReadAllBytes(file), File.ReadAllBytes(other), other);
        }
    }

    [TestMethod]
    public async Task Export_TrainedModels_LoadAndRunThroughTheGates()
    {
        using (var clip = ClipModel.FromPretrained(s_folder["whole/bundle/clip"]))
        using (var pipeline = StableDiffusionPipeline.FromPretrained(s_folder["whole/bundle/diffusion"]))
        {
            Assert.AreEqual(128, clip.Config.EmbedDim);
            Assert.AreEqual(32, pipeline.NativeSize);
        }

        var figures = await Run("gates", "--clip", s_folder["whole/bundle/clip"], "--diffusion", s_folder["whole/bundle/diffusion"], "--scenes", "10", "--images", "2");
        var lines = figures.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(l => l[..45].Trim(), l => l[45..53].Trim());
        Assert.HasCount(22, lines);
        Assert.IsInRange(1, 60, double.Parse(lines["zero-shot, test set, all labels"], CultureInfo.InvariantCulture));
    }

    [TestMethod]
    public async Task Grid_Guidance_ChangesThePictures()
    {
        async Task<byte[]> Grid(params string[] guidance)
        {
            await Run(["grid", "--diffusion", s_folder["whole/bundle/diffusion"], "--out", s_folder["grid.png"], .. guidance]);
            return File.ReadAllBytes(s_folder["grid.png"]);
        }

        var unguided = await Grid("--guidance", "1");
        CollectionAssert.AreNotEqual(unguided, await Grid("--guidance", "2.5", "--guidance-start", "0.9", "--guidance-end", "1"));
    }

    [TestMethod]
    public async Task Tuning_TwoSteps_PrintsFiguresOfTheSeed()
    {
        var table = await Run("tuning", "--clip", s_folder["whole/bundle/clip"], "--diffusion", s_folder["whole/bundle/diffusion"], "--seed", "5", "--seeds", "1", "--steps", "2", "--images", "2");

        var cells = table.Split('\n').Single(l => l.StartsWith("| 5 |", StringComparison.Ordinal)).Split('|', StringSplitOptions.TrimEntries);
        Assert.IsTrue(cells[2..4].All(v => double.Parse(v, CultureInfo.InvariantCulture) is > 0 and < 1), table);
    }

    [TestMethod]
    public async Task Train_CheckpointOfAnotherNetwork_SaysWhichFileToDelete()
    {
        Directory.CreateDirectory(s_folder["mixed"]);
        File.Copy(s_folder["whole/clip.checkpoint"], s_folder["mixed/vae.checkpoint"]);

        var error = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => Run(["train", "vae", .. Short("mixed")]));

        Assert.Contains("vae.checkpoint", error.Message);
        Assert.Contains("delete the file", error.Message);
    }

    [TestMethod]
    public async Task Export_NothingTrained_SaysSo()
    {
        var error = await Assert.ThrowsExactlyAsync<FileNotFoundException>(() => Run("export", "--work", s_folder["none"], "--out", s_folder["none/bundle"]));

        Assert.Contains("train the model first", error.Message);
    }

    [TestMethod]
    public void Arguments_UnknownOption_NamesIt() =>
        Assert.Contains("--step", Assert.ThrowsExactly<ArgumentException>(() => new Arguments(["train", "clip", "--step", "5"])).Message);

    [TestMethod]
    public void Arguments_GpuForWhatRunsOnTheCpu_IsRefused()
    {
        Assert.Contains("train clip", Assert.ThrowsExactly<ArgumentException>(() => new Arguments(["train", "unet", "--gpu", "0"])).Message);
        _ = new Arguments(["train", "clip", "--gpu", "0"]);
    }

    [TestMethod]
    public void Arguments_NotANumber_NamesTheOption() =>
        Assert.Contains("--guidance", Assert.ThrowsExactly<ArgumentException>(() => new Arguments(["grid", "--guidance", "much"]).Decimal("guidance", 2)).Message);

    private static string[] Short(string run) => ["--steps", "3", "--corpus", "40", "--work", s_folder[run]];

    private static async Task<string> Run(params string[] args)
    {
        var (code, output) = await Programs.RunAsync(a => Task.FromResult(Commands.Run(new Arguments(a))), args);
        Assert.AreEqual(0, code, output);
        return output;
    }
}
