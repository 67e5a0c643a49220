using ZsMlc.Samples.ZeroShotCoco;

namespace ZsMlc.Samples.Tests.ZeroShotCoco;

/// <summary>
/// The commands after `split`, in order, with the micro models: on the 128 COCO photos of ZSMLC_TEST_DATA, or else on drawn
/// ones. It runs once for all tests here.
/// </summary>
[TestClass]
public sealed class JobTests
{
    private static readonly TemporaryFolder s_folder = new();
    private static readonly string[] s_models = ["--diffusion", "micro", "--judge", "micro", "--images-per-label", "1"];
    private static readonly Dictionary<string, (int Code, string Output)> s_ran = [];
    private static CocoLayout s_photos = null!;

    private static string Work => s_folder["work"];

    [ClassInitialize]
    public static async Task RunOnce(TestContext context)
    {
        _ = context;
        s_photos = CocoLayout.Ensure(s_folder.Path);
        string[][] commands =
        [
            ["split", "--train", s_photos.Annotations, "--test", s_photos.Annotations, "--labels", s_photos.Labels!],
            ["prompts", "--each", "4"],
            ["generate", .. s_models],
            ["train", "--images", s_photos.Images, "--clip", "micro", "--epochs", "1"],
            ["train", "--images", s_photos.Images, "--clip", "micro", "--epochs", "1", "--photos-only"],
            ["evaluate", "--images", s_photos.Images, "--clip", "micro"],
        ];
        foreach (var command in commands)
        {
            s_ran[string.Join(' ', command.Where(c => c is "--photos-only").Prepend(command[0]))] = await RunAsync(Work, command);
        }
    }

    [ClassCleanup]
    public static void Remove() => s_folder.Dispose();

    [TestMethod]
    public void Commands_InOrder_AllSucceed()
    {
        foreach (var (command, (code, output)) in s_ran)
        {
            Assert.AreEqual(0, code, $"{command}: {output}");
        }
    }

    [TestMethod]
    public void Evaluate_ThreeMethods_PrintsBothProtocolsAndWritesTheReport()
    {
        var output = s_ran["evaluate"].Output;
        var report = File.ReadAllText(Path.Combine(Work, "report.html"));

        foreach (var method in new[] { "Full method", "Photos alone", "Zero-shot CLIP" })
        {
            Assert.Contains($"{method}, unseen labels: mAP", output);
            Assert.Contains($"{method}, all labels:    mAP", output);
            Assert.Contains(method, report);
        }

        Assert.Contains("What was generated, and what the judge kept", report);
        Assert.Contains("<figcaption>Loss</figcaption>", report);
    }

    [TestMethod]
    public async Task Evaluate_ReportInChromium_ShowsItsPictures()
    {
        await using var browser = await Browser.StartAsync();

        await browser.OpenAsync($"file://{Path.Combine(Work, "report.html")}");

        Assert.AreEqual("true", await browser.EvaluateAsync("document.images.length > 4 && [...document.images].every(i => i.complete && i.naturalWidth > 0)"));
        Assert.IsEmpty(browser.Console, string.Join('\n', browser.Console));
    }

    [TestMethod]
    public async Task Generate_AsTwoTasksOfAnArray_MakesTheSamePictures()
    {
        using var other = new TemporaryFolder();
        await RunAsync(other.Path, "split", "--train", s_photos.Annotations, "--test", s_photos.Annotations, "--labels", s_photos.Labels!);
        await RunAsync(other.Path, "prompts", "--each", "4");
        try
        {
            Environment.SetEnvironmentVariable("SLURM_ARRAY_TASK_COUNT", "2");
            foreach (var task in new[] { "1", "0" })
            {
                Environment.SetEnvironmentVariable("SLURM_ARRAY_TASK_ID", task);
                var (code, output) = await RunAsync(other.Path, ["generate", .. s_models]);
                Assert.AreEqual(0, code, output);
                Assert.Contains($"task {int.Parse(task) + 1} of 2", output);
            }
        }
        finally
        {
            Environment.SetEnvironmentVariable("SLURM_ARRAY_TASK_COUNT", null);
            Environment.SetEnvironmentVariable("SLURM_ARRAY_TASK_ID", null);
        }

        var expected = Pictures(Work);
        Assert.IsNotEmpty(expected);
        Assert.AreSequenceEqual(expected, Pictures(other.Path));
    }

    [TestMethod]
    public async Task Train_BeforeGenerate_NamesTheMissingCommand()
    {
        using var other = new TemporaryFolder();
        await RunAsync(other.Path, "split", "--train", s_photos.Annotations, "--test", s_photos.Annotations, "--labels", s_photos.Labels!);

        var (code, output) = await RunAsync(other.Path, "train", "--images", s_photos.Images, "--clip", "micro");

        Assert.AreEqual(2, code, output);
        Assert.Contains("Run `generate` first", output);
    }

    [TestMethod]
    public async Task Generate_OtherOptionsOnTheSameStore_IsRefusedAndTheJobFileStays()
    {
        var job = File.ReadAllText(Path.Combine(Work, "generation.json"));

        var (code, output) = await RunAsync(Work, ["generate", .. s_models, "--seed", "99"]);

        Assert.AreEqual(2, code, output);
        Assert.Contains("Seed", output);
        Assert.AreEqual(job, File.ReadAllText(Path.Combine(Work, "generation.json")));
    }

    [TestMethod]
    public async Task Tune_OneStep_WritesATextEncoderThatGenerateUses()
    {
        using var other = new TemporaryFolder();
        await RunAsync(other.Path, "split", "--train", s_photos.Annotations, "--test", s_photos.Annotations, "--labels", s_photos.Labels!);

        var (code, output) = await RunAsync(other.Path, "tune", "--diffusion", "micro", "--judge", "micro", "--iterations", "1", "--learning-rate", "1e-3", "--last-steps", "1");
        Assert.AreEqual(0, code, output);
        Assert.IsTrue(File.Exists(other["text_encoder.safetensors"]));

        (code, output) = await RunAsync(other.Path, ["generate", .. s_models]);
        Assert.AreEqual(0, code, output);
        CollectionAssert.AreNotEqual(Pictures(Work), Pictures(other.Path));
    }

    private static Task<(int Code, string Output)> RunAsync(string work, params string[] command) =>
        Programs.RunAsync(ZeroShotCocoProgram.RunAsync, [command[0], "--work", work, .. command[1..]]);

    /// <summary>Name and content of every picture of a store.</summary>
    private static string[] Pictures(string work)
    {
        var store = Path.Combine(work, "synthetic");
        return [.. Directory.GetFiles(store, "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(f => $"{Path.GetRelativePath(store, f)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}")];
    }
}
