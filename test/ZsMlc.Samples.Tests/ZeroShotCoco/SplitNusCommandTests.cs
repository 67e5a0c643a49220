using System.Text.Json;
using ZsMlc.Samples.ZeroShotCoco;

namespace ZsMlc.Samples.Tests.ZeroShotCoco;

[TestClass]
public sealed class SplitNusCommandTests
{
    [TestMethod]
    public async Task SplitNus_TagsAndConcepts_KeepsTheConceptsOutOfTraining()
    {
        using var folder = new TemporaryFolder();

        var (code, output) = await RunAsync(folder, concepts: "sky\ndog\n");

        Assert.AreEqual(0, code, output);
        Assert.Contains("2 seen and 2 unseen labels", output);
        using var train = JsonDocument.Parse(File.ReadAllText(folder["work/train.json"]));
        using var test = JsonDocument.Parse(File.ReadAllText(folder["work/test.json"]));
        Assert.AreSequenceEqual(["a/1.jpg", "a/2.jpg"], Names(train, "images", "file_name"));
        Assert.AreSequenceEqual(["nature", "red"], Names(train, "categories", "name"));
        Assert.AreSequenceEqual(["b/5.jpg"], Names(test, "images", "file_name"));
        Assert.AreSequenceEqual(["nature", "red", "sky", "dog"], Names(test, "categories", "name"));
        Assert.AreSequenceEqual([1, 4], test.RootElement.GetProperty("annotations").EnumerateArray().Select(a => a.GetProperty("category_id").GetInt32()).Order().ToArray());
    }

    [TestMethod]
    public async Task SplitNus_NamesThatDoNotFitTheMatrix_AreRefused()
    {
        using var folder = new TemporaryFolder();

        var (code, output) = await RunAsync(folder, concepts: "sky\ndog\ncat\n");

        Assert.AreEqual(2, code);
        Assert.Contains("Concepts81.txt", output);
    }

    private static Task<(int Code, string Output)> RunAsync(TemporaryFolder folder, string concepts)
    {
        File.WriteAllText(folder["TagList1k.txt"], "nature\nsky\nred\n");
        File.WriteAllText(folder["Concepts81.txt"], concepts);
        File.WriteAllText(folder["TrainImagelist.txt"], "a\\1.jpg\na\\2.jpg\na\\3.jpg\n");
        File.WriteAllText(folder["Train_Tags1k.dat"], "1\t1\t0\n0\t0\t1\n0\t1\t0\n");
        File.WriteAllText(folder["TestImagelist.txt"], "b\\4.jpg\nb\\5.jpg\n");
        File.WriteAllText(folder["Test_Tags1k.dat"], "0\t0\t1\n1\t0\t0\n");
        File.WriteAllText(folder["Test_Tags81.txt"], "0 0 \n0 1 \n");
        return Programs.RunAsync(ZeroShotCocoProgram.RunAsync,
            "split-nus", "--work", folder["work"], "--train-list", folder["TrainImagelist.txt"], "--train-tags", folder["Train_Tags1k.dat"],
            "--test-list", folder["TestImagelist.txt"], "--test-tags", folder["Test_Tags1k.dat"], "--test-concepts", folder["Test_Tags81.txt"],
            "--tag-names", folder["TagList1k.txt"], "--concept-names", folder["Concepts81.txt"]);
    }

    private static string[] Names(JsonDocument file, string list, string field) =>
        [.. file.RootElement.GetProperty(list).EnumerateArray().Select(e => e.GetProperty(field).GetString()!)];
}
