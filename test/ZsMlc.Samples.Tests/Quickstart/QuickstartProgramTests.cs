using ZsMlc.Samples.Quickstart;
using ZsMlc.MLNet.Tests.SyntheticData.Prompts;

namespace ZsMlc.Samples.Tests.Quickstart;

[TestClass]
public sealed class QuickstartProgramTests
{
    [TestMethod]
    public async Task Run_UnknownLabel_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();

        var (code, output) = await Programs.RunAsync(QuickstartProgram.RunAsync, "--labels", "dog,unicorn", "--out", folder["out"]);

        Assert.AreEqual(2, code);
        Assert.Contains("'unicorn'", output);
        Assert.IsFalse(File.Exists(folder["out/tagger.zip"]));
    }

    [TestMethod]
    [DataRow("--epochs", "0")]
    [DataRow("--images-per-label", "-3")]
    [DataRow("--photos", "many")]
    public async Task Run_NumberOutOfRange_IsRefused(string option, string value)
    {
        using var folder = new TemporaryFolder();

        var (code, _) = await Programs.RunAsync(QuickstartProgram.RunAsync, option, value, "--out", folder["out"]);

        Assert.AreNotEqual(0, code);
        Assert.IsFalse(Directory.Exists(folder["out"]));
    }

    [TestMethod]
    public async Task Run_PromptsFromAChatServer_AreUsed()
    {
        using var folder = new TemporaryFolder();
        using var server = new ChatServer(_ => ChatServer.Stream("1. A photo of a large cup next to a small dog with a plain background."));

        var (code, output) = await Programs.RunAsync(QuickstartProgram.RunAsync,
            "--labels", "cup", "dog", "--images-per-label", "1", "--epochs", "1", "--photos", "40", "--server", $"{server.Endpoint}", "--key-variable", "NO_SUCH_KEY", "--out", folder["out"]);

        Assert.AreEqual(0, code, output);
        Assert.IsGreaterThan(0, server.Requests);
        Assert.Contains("A photo of a large cup next to a small dog with a plain background.", string.Concat(Directory.GetFiles(folder["out/synthetic/prompts"], "cup_cup*").Select(File.ReadAllText)));
        Assert.Contains("Full method", output);
        Assert.Contains("Zero-shot CLIP", output);
    }
}
