using ZsMlc.MLNet.Tests.SyntheticData.Prompts;
using ZsMlc.Samples.ZeroShotCoco;

namespace ZsMlc.Samples.Tests.ZeroShotCoco;

[TestClass]
public sealed class PromptsCommandTests
{
    [TestMethod]
    public async Task Prompts_FromTemplates_WritesEverySetOnceAndKeepsEditedFiles()
    {
        using var folder = new TemporaryFolder();
        var photos = CocoLayout.Draw(folder.Path);
        await ZeroShotCocoProgram.RunAsync(["split", "--work", folder["work"], "--train", photos.Annotations, "--test", photos.Annotations, "--labels", photos.Labels!]);

        Assert.AreEqual(0, await ZeroShotCocoProgram.RunAsync(["prompts", "--work", folder["work"], "--each", "6"]));
        var file = folder["work/prompts/dog_cup.txt"];
        var lines = File.ReadAllLines(file);
        File.WriteAllText(file, "A dog next to a cup that somebody described by hand.\n");
        Assert.AreEqual(0, await ZeroShotCocoProgram.RunAsync(["prompts", "--work", folder["work"], "--each", "6"]));

        Assert.HasCount(6, lines);
        Assert.IsTrue(lines.All(l => l.Contains("dog", StringComparison.Ordinal) && l.Contains("cup", StringComparison.Ordinal)));
        Assert.HasCount(3, Directory.GetFiles(folder["work/prompts"]));
        Assert.HasCount(1, File.ReadAllLines(file));
    }

    [TestMethod]
    public async Task Prompts_FromAChatServer_AreItsSentences()
    {
        using var folder = new TemporaryFolder();
        var photos = CocoLayout.Draw(folder.Path);
        await ZeroShotCocoProgram.RunAsync(["split", "--work", folder["work"], "--train", photos.Annotations, "--test", photos.Annotations, "--labels", photos.Labels!]);
        const string Answer = "1. A small brown dog sits patiently next to a blue cup on a wooden floor.\n2. A sleepy dog rests its head next to a white cup beside the window.";
        using var server = new ChatServer(_ => ChatServer.Stream(Answer));

        var (code, output) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, "prompts", "--work", folder["work"], "--each", "2", "--server", $"{server.Endpoint}", "--key-variable", "NO_SUCH_KEY");

        Assert.AreEqual(0, code, output);
        Assert.AreEqual(3, server.Requests);
        Assert.Contains("0 prompts fell back to templates", output);
        Assert.AreEqual("A small brown dog sits patiently next to a blue cup on a wooden floor.", File.ReadAllLines(folder["work/prompts/dog_cup.txt"])[0]);
    }

    [TestMethod]
    public async Task Prompts_Report_PrintsARowForEachFolderAndOneForTemplates()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["mine"]);
        File.WriteAllText(folder["mine/dog_cup.txt"], "A dog sits by a cup.\nA dog sleeps on the grass.\n");

        var (code, output) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, "prompts", "--report", folder["mine"]);

        Assert.AreEqual(0, code, output);
        Assert.Contains("| mine | 1 | 2 | 50.0 % | 50.0 % | 6.0 |", output);
        Assert.Contains("| templates | 1 | 2 | 100.0 % | 100.0 % |", output);
    }

    [TestMethod]
    public async Task Prompts_ReportOnAFolderWithoutPrompts_NamesIt()
    {
        using var folder = new TemporaryFolder();
        var (code, error) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, "prompts", "--report", folder["nothing"]);

        Assert.AreEqual(2, code);
        Assert.Contains("has no prompt files", error);
    }

    [TestMethod]
    public async Task Prompts_LanguageModelMissing_NamesTheFile()
    {
        using var folder = new TemporaryFolder();
        var (code, error) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, "prompts", "--work", folder["work"], "--llm", folder["none.gguf"]);

        Assert.AreEqual(2, code);
        Assert.Contains("none.gguf", error);
    }

    [TestMethod]
    public async Task Prompts_BeforeSplit_NamesTheMissingCommand()
    {
        using var folder = new TemporaryFolder();
        var (code, error) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, "prompts", "--work", folder["work"]);

        Assert.AreEqual(2, code);
        Assert.Contains("Run `split` first", error);
    }
}
