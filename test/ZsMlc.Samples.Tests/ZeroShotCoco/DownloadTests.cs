using ZsMlc.Samples.ZeroShotCoco;
using ZsMlc.Torch.Tests.Diffusion;
using ZsMlc.Torch.Tests.Hub;

namespace ZsMlc.Samples.Tests.ZeroShotCoco;

/// <summary>A checkpoint that is named as on the hub, with a hub on the loopback interface.</summary>
[TestClass]
public sealed class DownloadTests
{
    private static readonly string[] s_variables = ["HF_ENDPOINT", "HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE"];

    private readonly string?[] _before = [.. s_variables.Select(Environment.GetEnvironmentVariable)];

    [TestCleanup]
    public void Restore()
    {
        foreach (var (name, value) in s_variables.Zip(_before))
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    [TestMethod]
    public async Task Commands_NameOnTheHub_IsShownByDoctorFetchedOnRequestAndThenCached()
    {
        using var folder = new TemporaryFolder();
        using (var pipeline = TinyPipeline.Create())
        {
            pipeline.Save(folder["sd"]);
        }

        var files = Directory.EnumerateFiles(folder["sd"], "*", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(folder["sd"], f).Replace('\\', '/'), File.ReadAllBytes);
        using var server = new HubServer(files);
        foreach (var (name, value) in s_variables.Zip([$"{server.Endpoint}", folder["cache"], null, null]))
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        var (code, output) = await Run("doctor", "--work", folder["work"], "--diffusion", HubServer.Model);
        Assert.AreEqual(1, code, output);
        Assert.Contains("FAILED  diffusion files", output);
        Assert.Contains($"hf download {HubServer.Model}", output);
        (code, output) = await Run("cost", "--diffusion", HubServer.Model);
        Assert.AreEqual(2, code, output);
        Assert.IsEmpty(server.Requests, "Nothing comes from the network unless it was allowed.");

        (code, output) = await Run("doctor", "--work", folder["work"], "--diffusion", HubServer.Model, "--download");
        Assert.AreEqual(0, code, output);
        Assert.Contains("0 of ", output);
        Assert.Contains($"--download would fetch", output);
        Assert.Contains("unet/diffusion_pytorch_model.safetensors", output);
        Assert.IsFalse(Directory.Exists(folder["cache"]), "Doctor fetches nothing.");

        (code, output) = await Run("cost", "--diffusion", HubServer.Model, "--download");
        Assert.AreEqual(0, code, output);
        Assert.Contains("100 % of ", output);
        Assert.Contains("COCO 48/17", output);
        var asked = server.Requests.Count;

        (code, output) = await Run("doctor", "--work", folder["work"], "--diffusion", HubServer.Model);
        Assert.AreEqual(0, code, output);
        Assert.Contains("ok      diffusion files cached: ", output);
        Assert.Contains("16 x 16 pixels", output);
        (code, output) = await Run("cost", "--diffusion", HubServer.Model, "--download");
        Assert.AreEqual(0, code, output);
        Assert.HasCount(asked, server.Requests, "What is cached is not asked for.");
        (_, output) = await Run("doctor", "--work", folder["work"], "--diffusion", HubServer.Model, "--download");
        Assert.Contains("nothing would be fetched", output);
    }

    private static Task<(int Code, string Output)> Run(params string[] args) => Programs.RunAsync(ZeroShotCocoProgram.RunAsync, args);
}
