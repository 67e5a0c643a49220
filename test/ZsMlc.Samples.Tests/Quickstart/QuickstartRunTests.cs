using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet;
using ZsMlc.Samples.Quickstart;
using ZsMlc.Samples.Reporting.Comparison;
using ZsMlc.Samples.TagImages;

namespace ZsMlc.Samples.Tests.Quickstart;

/// <summary>The whole job, small: three labels, a few pictures and photos, one epoch. It runs once for all tests here.</summary>
[TestClass]
public sealed class QuickstartRunTests
{
    private static readonly TemporaryFolder s_folder = new();
    private static QuickstartOptions s_options = null!;
    private static JobResult s_result = null!;

    [ClassInitialize]
    public static void RunOnce(TestContext context)
    {
        s_options = Options(s_folder["out"]);
        s_result = QuickstartRun.Run(s_options, context.CancellationToken);
    }

    [ClassCleanup]
    public static void Remove() => s_folder.Dispose();

    [TestMethod]
    public void Run_SmallJob_MeasuresThreeMethodsUnderBothProtocols()
    {
        Assert.AreSequenceEqual(["Full method", "Photos alone", "Zero-shot CLIP"], s_result.Methods.Select(m => m.Name).ToArray());
        foreach (var method in s_result.Methods)
        {
            Assert.HasCount(3, method.ZeroShot.Labels);
            Assert.HasCount(27, method.Generalized.Labels);
            Assert.IsTrue(method.ZeroShot.MeanAveragePrecision is > 0 and <= 1, method.Name);
            Assert.HasCount(80, method.Photos);
        }
    }

    [TestMethod]
    public void Run_SmallJob_AcceptsPicturesThatTheJudgeIsSureOf()
    {
        foreach (var label in s_result.Labels.Unseen)
        {
            Assert.IsGreaterThanOrEqualTo(2, s_result.Samples.Count(s => s.IsAccepted && s.Labels.Contains(label)), label);
        }

        Assert.IsTrue(s_result.Samples.Where(s => s.IsAccepted).All(s => s.Labels.All(l => s.Scores[l] > Job.Threshold)));
        Assert.IsTrue(s_result.Samples.All(s => File.Exists(s.ImagePath)), "Rejected pictures are kept for the report.");
    }

    [TestMethod]
    public void Run_SmallJob_ShowsTagsOverTheThresholdsOfTheCalibratedModel()
    {
        var full = s_result.Methods[0];

        Assert.HasCount(1, ComparisonSections.Reliability(full));
        Assert.IsEmpty(ComparisonSections.Reliability(s_result.Methods[2]), "The scores of CLIP alone are no probabilities.");
        foreach (var (photo, shown) in s_result.Tagged.Zip(ComparisonSections.Tagged(s_result.Tagged, full, s_result.Labels, 3)))
        {
            var expected = full.Generalized.Labels.Where((l, c) => photo.Score[c] >= l.Threshold).Select(l => l.Label).ToList();
            Assert.AreSequenceEqual(expected.Order().ToArray(), shown.Tags.Select(t => t.Label).Order().ToArray());
            Assert.AreSequenceEqual(photo.Labels.Except(expected).ToArray(), shown.Missed.ToArray());
        }
    }

    [TestMethod]
    public void Run_SmallJob_TimesEveryStep()
    {
        var names = s_result.Steps.Select(s => s.Name).ToArray();

        Assert.IsTrue(s_result.Steps.All(s => s.Duration > TimeSpan.Zero));
        foreach (var name in new[] { "Generate and judge pictures", "Train on photos and pictures", "Evaluate", "Train on photos alone, to compare", "Load the model and tag" })
        {
            Assert.Contains(name, names);
        }
    }

    [TestMethod]
    public void Run_Again_MakesNoPictureTwice()
    {
        var files = Directory.GetFiles(s_options.Store, "*.png", SearchOption.AllDirectories);
        var times = files.ToDictionary(f => f, File.GetLastWriteTimeUtc);

        var again = QuickstartRun.Run(s_options, CancellationToken.None);

        Assert.AreSequenceEqual(files.Order().ToArray(), Directory.GetFiles(s_options.Store, "*.png", SearchOption.AllDirectories).Order().ToArray());
        Assert.IsTrue(files.All(f => File.GetLastWriteTimeUtc(f) == times[f]));
        Assert.AreEqual("all were there already", again.Steps.Single(s => s.Name == "Generate and judge pictures").Detail);
        Assert.AreSequenceEqual(s_result.Methods[0].Photos.SelectMany(p => p.Score).ToArray(), again.Methods[0].Photos.SelectMany(p => p.Score).ToArray());
    }

    [TestMethod]
    public void Tagger_InTagImages_ScoresTheSame()
    {
        using var tagger = new Tagger(s_options.Tagger);

        Assert.AreSequenceEqual(s_result.Labels.All.ToArray(), tagger.Labels.ToArray());
        foreach (var photo in s_result.Methods[0].Photos.Take(10))
        {
            using var image = MLImage.CreateFromFile(photo.ImagePath);
            AssertEqual(photo, tagger.Tag(image, tagger.Labels.Count, threshold: 0).ToDictionary(t => t.Label, t => t.Score));
            Assert.AreSequenceEqual(
                s_result.Methods[0].Tags(photo).Select(c => s_result.Labels.All[c]).Order().ToArray(),
                tagger.Tag(image, tagger.Labels.Count).Select(t => t.Label).Order().ToArray());
        }
    }

    [TestMethod]
    public async Task Tagger_InTagImagesOnAFolder_ScoresTheSame()
    {
        using var folder = new TemporaryFolder();
        var photos = s_result.Methods[0].Photos.Take(10).ToDictionary(p => Path.GetFileName(p.ImagePath));
        Directory.CreateDirectory(folder["photos"]);
        foreach (var photo in photos.Values)
        {
            File.Copy(photo.ImagePath, folder[$"photos/{Path.GetFileName(photo.ImagePath)}"]);
        }

        var (code, output) = await Programs.RunAsync(TagImagesProgram.RunAsync, "folder", s_options.Tagger, folder["photos"], "--out", folder["tags.json"], "--top", "27", "--threshold", "0");

        Assert.AreEqual(0, code, output);
        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(folder["tags.json"]));
        var rows = json.RootElement.EnumerateArray().ToArray();
        Assert.HasCount(photos.Count, rows);
        foreach (var row in rows)
        {
            AssertEqual(
                photos[row.GetProperty("file").GetString()!],
                row.GetProperty("tags").EnumerateArray().ToDictionary(t => t.GetProperty("label").GetString()!, t => t.GetProperty("score").GetSingle()));
        }
    }

    [TestMethod]
    public async Task Report_InChromium_ShowsThePicturesOfTheRun()
    {
        await using var browser = await Browser.StartAsync();

        await browser.OpenAsync($"file://{s_options.Report}", 390);

        var (accepted, rejected) = (s_result.Samples.Count(s => s.IsAccepted), s_result.Samples.Count(s => !s.IsAccepted));
        var pictures = Math.Min(24, accepted) + Math.Min(12, rejected) + s_result.Tagged.Count;
        Assert.AreEqual($"{pictures}", await browser.EvaluateAsync("[...document.images].filter(i => i.complete && i.naturalWidth > 0).length"));
        Assert.AreEqual("3", await browser.EvaluateAsync("document.querySelectorAll('table.methods tbody tr').length"));
        Assert.AreEqual("true", await browser.EvaluateAsync("document.documentElement.scrollWidth <= innerWidth"));
        Assert.AreEqual(s_result.Headline, await browser.EvaluateAsync("document.querySelector('h1').textContent"));
        Assert.IsEmpty(browser.Console, string.Join('\n', browser.Console));
    }

    internal static QuickstartOptions Options(string output) => new()
    {
        Labels = ["dog", "cup", "bus"], ImagesPerLabel = 2, Epochs = 1, Photos = 80, Seed = 7, Gpu = null, Output = output, Prompts = new MicroPrompts(),
    };

    private static void AssertEqual(ScoredPhoto photo, Dictionary<string, float> scores)
    {
        for (var c = 0; c < photo.Score.Length; c++)
        {
            // Batches of another size add up in another order.
            Assert.AreEqual(photo.Score[c], scores[s_result.Labels.All[c]], 1e-4f, $"{photo.ImagePath}, {s_result.Labels.All[c]}");
        }
    }
}
