using ZsMlc.MLNet.SyntheticData;
using ZsMlc.Samples.ZeroShotCoco;

namespace ZsMlc.Samples.Tests.ZeroShotCoco;

[TestClass]
public sealed class OneProcessPerGpuTests
{
    [TestMethod]
    public async Task Generate_TwoGpus_GiveTheStoreOfOneProcess()
    {
        using var folder = new TemporaryFolder();

        var one = await GenerateAsync(folder["one"]);
        var two = await GenerateAsync(folder["two"], "--gpu", "98,99", "--fallback-to-cpu"); // GPUs that no machine has

        Assert.AreEqual(0, one.Code, one.Output);
        Assert.AreEqual(0, two.Code, two.Output);
        Assert.Contains("GPU 98: 2 seen and 2 unseen labels; task 1 of 2", two.Output);
        Assert.Contains("GPU 99: 2 seen and 2 unseen labels; task 2 of 2", two.Output);
        StoreFiles.AreEqual(StoreFiles.Of(Path.Combine(folder["one"], "synthetic")), Path.Combine(folder["two"], "synthetic"));
    }

    [TestMethod]
    public async Task Generate_TwoGpusThatDoNotExist_IsWrongUse()
    {
        using var folder = new TemporaryFolder();

        var (code, output) = await GenerateAsync(folder["work"], "--gpu", "98,99");

        Assert.AreEqual(2, code, output);
        Assert.Contains("GPU 98: GPU 98 was asked for", output);
    }

    [TestMethod]
    [DataRow("0,x")]
    [DataRow("1,1")]
    [DataRow("-1")]
    [DataRow("every")]
    public async Task Generate_NoListOfGpus_IsRefused(string gpus)
    {
        var (code, output) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, "generate", "--diffusion", "micro", "--judge", "micro", $"--gpu={gpus}");

        Assert.AreEqual(2, code, output);
        Assert.Contains($"--gpu is '{gpus}'", output);
    }

    private static async Task<(int Code, string Output)> GenerateAsync(string work, params string[] gpu)
    {
        var photos = CocoLayout.Draw(Directory.CreateDirectory(work).FullName);
        await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, "split", "--work", work, "--train", photos.Annotations, "--test", photos.Annotations, "--labels", photos.Labels!);

        // Ten pictures in pieces of eight.
        return await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, ["generate", "--work", work, "--diffusion", "micro", "--judge", "micro", "--images-per-label", "5", "--batch-size", "1", .. gpu]);
    }
}
