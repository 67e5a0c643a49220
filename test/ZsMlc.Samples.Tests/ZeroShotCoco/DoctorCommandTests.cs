using TorchSharp;
using ZsMlc.Samples.ZeroShotCoco;
using ZsMlc.Torch.Tests.Diffusion;

namespace ZsMlc.Samples.Tests.ZeroShotCoco;

[TestClass]
public sealed class DoctorCommandTests
{
    [TestMethod]
    public async Task Doctor_GoodSetup_ReportsAndEstimates()
    {
        using var folder = new TemporaryFolder();
        var photos = CocoLayout.Draw(folder.Path);
        await ZeroShotCocoProgram.RunAsync(["split", "--work", folder["work"], "--train", photos.Annotations, "--test", photos.Annotations, "--labels", photos.Labels!]);
        TinyTagger.SaveClip(folder["clip"]);

        var (code, output) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync,
            "doctor", "--work", folder["work"], "--clip", folder["clip"], "--judge", folder["clip"], "--train-images", photos.Images, "--test-images", photos.Images);

        Assert.AreEqual(0, code, output);
        Assert.Contains("ok      device       CPU", output);
        Assert.Contains("ok      train photos 8 photos", output);
        Assert.Contains("ResNet 1-1-1-1, 32 pixels", output);
        Assert.Contains("ok      train        about", output);
        Assert.Contains("generate     no estimate without its checkpoint", output);
    }

    [TestMethod]
    public async Task Doctor_Sdxl_IsLoadedAndTimed()
    {
        using var folder = new TemporaryFolder();
        var photos = CocoLayout.Draw(folder.Path);
        await ZeroShotCocoProgram.RunAsync(["split", "--work", folder["work"], "--train", photos.Annotations, "--test", photos.Annotations, "--labels", photos.Labels!]);
        TinyTagger.SaveClip(folder["clip"]);
        using (var pipeline = TinyPipeline.CreateXL())
        {
            pipeline.Save(folder["sdxl"]);
        }

        var (code, output) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync,
            "doctor", "--work", folder["work"], "--clip", folder["clip"], "--judge", folder["clip"], "--diffusion", folder["sdxl"], "--train-images", photos.Images, "--test-images", photos.Images);

        Assert.AreEqual(0, code, output);
        Assert.Contains("16 x 16 pixels, epsilon", output);
        Assert.Contains("ok      generate", output);
    }

    [TestMethod]
    public async Task Doctor_MissingPhotoAndGpu_FailsWithBothNamed()
    {
        if (torch.cuda.is_available())
        {
            Assert.Inconclusive("Needs a machine without GPU 63; this one was not asked how many it has.");
        }

        using var folder = new TemporaryFolder();
        var photos = CocoLayout.Draw(folder.Path);
        await ZeroShotCocoProgram.RunAsync(["split", "--work", folder["work"], "--train", photos.Annotations, "--test", photos.Annotations, "--labels", photos.Labels!]);
        File.Delete(Path.Combine(photos.Images, "0.jpg"));

        var (code, output) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync,
            "doctor", "--work", folder["work"], "--gpu", "63", "--train-images", photos.Images, "--clip", folder["nowhere"]);

        Assert.AreEqual(1, code, output);
        Assert.Contains("GPU 63", output);
        Assert.Contains("1 of 8 photos", output);
        Assert.Contains("0.jpg", output);
        Assert.Contains("There is no checkpoint at", output);
    }
}
