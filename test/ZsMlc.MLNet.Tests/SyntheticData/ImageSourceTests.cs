using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MicroModels;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.MLNet.SyntheticData.Prompts.Words;
using ZsMlc.MLNet.SyntheticData.Services;
using ZsMlc.MLNet.SyntheticData.Store;
using ZsMlc.Torch.Diffusion;
using static ZsMlc.MLNet.SyntheticData.Services.ImageServer;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Images by a service, whole: the real OpenAI client, the judge and the store.</summary>
[TestClass]
public sealed class ImageSourceTests
{
    private static TinyWorld s_world = null!;

    [ClassInitialize]
    public static void Create(TestContext context) => s_world = new();

    [ClassCleanup]
    public static void Clean() => s_world.Dispose();

    [TestMethod]
    public async Task Fit_FaultsAndTwoKills_EndInTheSameStore()
    {
        await using var server = await StartAsync((_, prompt) => IsDelicate(prompt) ? Refused() : null);
        ServiceJob.Run(s_world.Folder["calm"], server.Endpoint, s_world.Clip, _ => { });
        var (calm, wanted) = (server.Requests.Count, server.Painted);

        // Each prompt has two faults before it is answered, other ones than its neighbour.
        var store = s_world.Folder["stormy"];
        ConcurrentDictionary<string, int> asked = [];
        server.Fault = (_, prompt) => (asked.AddOrUpdate(prompt, 0, (_, times) => times + 1), (prompt.Length + asked[prompt]) % 8) switch
        {
            ( > 1, _) => IsDelicate(prompt) ? Refused() : null,
            (_, 0) => Busy("0"),
            (_, 1) => Busy("1"),
            (_, 2) => Failure(500, "server_error", "The server had an error."),
            (_, 3) => Base64(Picture(prompt)) with { Delay = TimeSpan.FromSeconds(5) },
            (_, 4) => Base64(Picture(prompt, side: 8)),
            (_, 5) => Base64("<html>Sign in, please.</html>"u8.ToArray()),
            (_, 6) => server.ByAddress("lost"),
            _ => Json(new { created = 1, data = Array.Empty<object>() }),
        };
        var kills = 0;
        foreach (var recorded in new[] { 3, 5 })
        {
            using var worker = Start(store, server.Endpoint);
            string? line;
            do
            {
                line = worker.StandardOutput.ReadLine();
            }
            while (line is not null && line != $"recorded {recorded}");
            worker.Kill();
            worker.WaitForExit();
            Assert.IsNotNull(line, await worker.StandardError.ReadToEndAsync());
            kills++;
            Assert.IsFalse(File.Exists(Path.Combine(store, "annotations.json")));
        }

        using (var last = Start(store, server.Endpoint))
        {
            var error = last.StandardError.ReadToEndAsync();
            var said = await last.StandardOutput.ReadToEndAsync();
            last.WaitForExit();
            Assert.AreEqual(0, last.ExitCode, said + await error);
        }

        TinyGenerator.AssertSame(s_world.Folder["calm"], store);
        Assert.IsTrue(calm > wanted && File.ReadAllText(Path.Combine(store, "annotations.json")).Contains("painter-1", StringComparison.Ordinal), "Some prompts were refused.");

        // A kill loses what is under way and no more.
        Assert.IsLessThanOrEqualTo(wanted + (kills * ServiceJob.Service.MaxConcurrency), server.Painted - wanted);
    }

    [TestMethod]
    public async Task Fit_ServiceThatGivesUp_RecordsWhatIsPaidForAndAsksForItNeverAgain()
    {
        await using var server = await StartAsync();
        ServiceJob.Fit(Options(server, "whole")).Dispose();
        var wanted = server.Painted;
        Assert.IsGreaterThan(12, wanted);

        foreach (var good in new[] { 3, 5 })
        {
            var begun = server.Requests.Count;
            server.Fault = (number, _) => number >= begun + good ? Failure(401, "invalid_api_key", "The key has expired.") : null;
            var e = Assert.ThrowsExactly<ImageServiceException>(() => ServiceJob.Fit(Options(server, "stopped")));
            Assert.Contains("invalid_api_key", e.Message);
        }

        server.Fault = null;
        using var fitted = ServiceJob.Fit(Options(server, "stopped"));

        Assert.AreEqual(wanted + wanted, server.Painted);
        TinyGenerator.AssertSame(s_world.Folder["whole"], s_world.Folder["stopped"]);
        using var again = ServiceJob.Fit(Options(server, "stopped"));
        Assert.AreEqual(wanted + wanted, server.Painted, "A finished store asks for nothing.");
    }

    [TestMethod]
    public async Task Fit_Shards_GiveTheSameStore()
    {
        await using var server = await StartAsync();
        var options = Options(server, "unsharded") with { ImagesPerLabel = 30, AcceptanceFilter = null };
        ServiceJob.Fit(options).Dispose();

        foreach (var shard in new[] { 1, 0 })
        {
            ServiceJob.Fit(options with { StorePath = s_world.Folder["sharded"], Shard = new(shard, 2) }).Dispose();
        }

        TinyGenerator.AssertSame(s_world.Folder["unsharded"], s_world.Folder["sharded"]);
    }

    [TestMethod]
    public async Task Fit_Cancelled_EndsAndGoesOnLater()
    {
        await using var server = await StartAsync();
        using var cancellation = new CancellationTokenSource();
        var options = Options(server, "cancelled");

        Assert.Throws<OperationCanceledException>(() => ServiceJob.Fit(options with
        {
            CancellationToken = cancellation.Token,
            Progress = new Told<GenerationProgress>(p => Stop(p.Generated)),
        }));

        ServiceJob.Fit(options).Dispose();
        ServiceJob.Fit(Options(server, "uncancelled")).Dispose();
        TinyGenerator.AssertSame(s_world.Folder["uncancelled"], s_world.Folder["cancelled"]);

        void Stop(int generated)
        {
            if (generated == 4)
            {
                cancellation.Cancel();
            }
        }
    }

    [TestMethod]
    public async Task Fit_MaxImages_IsCountedOverAllRuns()
    {
        await using var server = await StartAsync();
        List<string> messages = [];
        var ml = new MLContext();
        ml.Log += (_, e) => messages.Add(e.RawMessage);
        SyntheticUnseenDataOptions Limited(int? most) => ServiceJob.Options(s_world.Folder["limited"], server.Endpoint, s_world.Clip, ServiceJob.Service with { MaxImages = most });

        foreach (var (most, painted) in new[] { (5, 5), (5, 5), (0, 5), (7, 7) })
        {
            using var some = ServiceJob.Fit(Limited(most), ml);
            Assert.AreEqual((painted, painted), (server.Painted, some.Statistics.Generated));
            Assert.IsTrue(messages.Any(m => m.Contains($"The limit of {most} images is reached (ImageServiceOptions.MaxImages)", StringComparison.Ordinal)), string.Join('\n', messages));
            messages.Clear();
            Assert.AreEqual((long)some.Statistics.Accepted, some.Generate().GetRowCount());
        }

        using var all = ServiceJob.Fit(Limited(null), ml);
        Assert.AreEqual(server.Painted, all.Statistics.Generated);
        Assert.IsTrue(File.Exists(Path.Combine(s_world.Folder["limited"], "annotations.json")));
    }

    [TestMethod]
    public async Task Fit_Refusals_AreRecordedCountedAndFollowedByTheNextPrompt()
    {
        await using var server = await StartAsync((_, prompt) => IsDelicate(prompt) ? Refused() : null);

        using var fitted = ServiceJob.Fit(Options(server, "refusals") with { AcceptanceFilter = null });

        var samples = fitted.Samples();
        var refused = samples.Where(s => s.Refusal is not null).ToList();
        Assert.IsNotEmpty(refused);
        Assert.AreEqual((samples.Count, refused.Count, 0), (fitted.Statistics.Generated, fitted.Statistics.Refused, fitted.Statistics.Abandoned));
        Assert.AreEqual(refused.Count(s => s.Labels.Contains("white")), fitted.Statistics.Labels.Single(l => l.Label == "white").Refused);
        Assert.IsTrue(refused.All(s => s is { IsAccepted: false, ImagePath: null, Model: "painter-1" } && s.Refusal!.Contains("rejected by the safety system", StringComparison.Ordinal) && s.ToString().Contains("refused", StringComparison.Ordinal)));
        Assert.IsTrue(samples.Where(s => s.Refusal is null).All(s => s is { IsAccepted: true, Model: "painter-1" }));
        foreach (var slot in samples.GroupBy(s => s.Index).Where(g => g.First().Refusal is not null))
        {
            Assert.HasCount(slot.Count(), slot.Select(s => s.Prompt).Distinct().ToList());
            Assert.IsTrue(slot.Last().IsAccepted || slot.Count() == ServiceJob.Service.MaxAttempts);
        }

        Assert.Contains($"{refused.Count} refused by the service", fitted.Statistics.ToString());
    }

    [TestMethod]
    public async Task Fit_AnotherServiceOrModel_IsAnotherStore()
    {
        await using var server = await StartAsync();
        ServiceJob.Fit(Options(server, "mine")).Dispose();

        foreach (var service in new[] { ServiceJob.Service with { Model = "painter-2" }, ServiceJob.Service with { StoredSide = 24 }, ServiceJob.Service with { Side = null }, ServiceJob.Service with { SeedProperty = null } })
        {
            var e = Assert.ThrowsExactly<StoreMismatchException>(() => ServiceJob.Fit(ServiceJob.Options(s_world.Folder["mine"], server.Endpoint, s_world.Clip, service)));
            Assert.Contains("Images is", e.Message);
        }

        Assert.ThrowsExactly<StoreMismatchException>(() => TinyGenerator.Fit(TinyGenerator.Options(s_world, "mine")));
        var identity = File.ReadAllText(Path.Combine(s_world.Folder["mine"], "store.json"));
        Assert.Contains("\"provider\": \"openai\"", identity);
        Assert.Contains("\"model\": \"painter-1\"", identity);
        Assert.Contains($"\"address\": \"{server.Endpoint}\"", identity);
        Assert.DoesNotContain("Sampling", identity);
        ServiceJob.Fit(ServiceJob.Options(s_world.Folder["mine"], server.Endpoint, s_world.Clip, ServiceJob.Service with { MaxConcurrency = 1, MaxTries = 1, Timeout = TimeSpan.FromMinutes(1) })).Dispose();
    }

    [TestMethod]
    public async Task ModelLoad_ImagesOfAService_AreThereOrAreMissedPlainly()
    {
        await using var server = await StartAsync();
        var ml = new MLContext();
        using var fitted = ServiceJob.Fit(Options(server, "saved"), ml);
        var (zip, painted) = (s_world.Folder["service.zip"], server.Painted);
        ml.Model.Save(fitted, TinyGenerator.Photos().Schema, zip);

        using (var loaded = Load())
        {
            Assert.AreEqual((long)fitted.Statistics.Accepted, loaded.Generate().GetRowCount());
            CollectionAssert.AreEqual(fitted.Samples().Select(s => s.ToString()).ToArray(), loaded.Samples().Select(s => s.ToString()).ToArray());
            Assert.AreEqual(fitted.Statistics.Refused, loaded.Statistics.Refused);
            Assert.Contains("painter-1 of openai", Assert.ThrowsExactly<InvalidOperationException>(() => loaded.SaveTextEncoder("encoder")).Message);
        }

        File.Delete(fitted.Samples().First(s => s.IsAccepted).ImagePath!);
        using var bereft = Load();
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => bereft.Generate());
        Assert.Contains($"painter-1 of openai at {server.Endpoint}", e.Message);
        Assert.Contains("fit again with ImageSource.Generator", e.Message);
        Assert.AreEqual(painted, server.Painted);

        SyntheticUnseenDataTransformer Load() => (SyntheticUnseenDataTransformer)ml.Model.Load(zip, out _);
    }

    [TestMethod]
    public void Validate_OptionThatMeansNothingToAService_IsRefusedByName()
    {
        var valid = ServiceJob.Options("store", new("http://127.0.0.1:1"), "clip");
        valid.Validate();
        (valid with { Sampling = SyntheticUnseenDataOptions.DefaultSampling with { } }).Validate();
        foreach (var (name, options) in new (string, SyntheticUnseenDataOptions)[]
        {
            ("Sampling", valid with { Sampling = new() { Steps = 4 } }),
            ("Precision", valid with { Precision = TorchSharp.torch.ScalarType.Float32 }),
            ("Tuning", valid with { Tuning = new() }),
            ("TuningClip", valid with { TuningClip = "clip" }),
            ("TextEncoder", valid with { TextEncoder = "encoder.safetensors" }),
            ("AcceptanceFilter.PreviewStep", valid with { AcceptanceFilter = valid.AcceptanceFilter! with { PreviewStep = 5 } }),
            ("Images and Diffusion are both set", valid with { Diffusion = "models/sd" }),
        })
        {
            Assert.Contains(name, Assert.Throws<ArgumentException>(options.Validate).Message);
        }
    }

    [TestMethod]
    public void Fit_MicroPipelineBehindTheAbstraction_GivesTheImagesAndTheModelOfTheDirectPath()
    {
        // The chain of the quickstart, smaller.
        var micro = ZeroShotModels.Micro;
        var labels = LabelSet.Create(micro.Seen, micro.Unseen);
        foreach (var label in micro.Unseen)
        {
            PromptFiles.Write(s_world.Folder["prompts"], [label], [$"A photo of {NounForms.WithArticle(label)}."]);
        }

        var sampling = new GenerationOptions { Steps = 10, GuidanceScale = 3, GuidanceEnd = 0.7, BatchSize = 1 };
        using var pipeline = StableDiffusionPipeline.FromPretrained(micro.Diffusion);
        using var generator = pipeline.AsImageGenerator(sampling, "micro");
        var direct = new SyntheticUnseenDataOptions
        {
            Labels = labels, Diffusion = micro.Diffusion, StorePath = s_world.Folder["direct"], ImagesPerLabel = 1, LabelsPerImage = 1, NegativePrompt = "", Sampling = sampling,
            Prompts = PromptSource.Files(s_world.Folder["prompts"]), AcceptanceFilter = new() { Clip = micro.Clip, MaxAttempts = 2 }, KeepRejected = true,
        };
        var behind = direct with
        {
            Diffusion = null, StorePath = s_world.Folder["behind"], Sampling = SyntheticUnseenDataOptions.DefaultSampling,
            Images = ImageSource.Generator(generator, new() { Side = null, StoredSide = pipeline.NativeSize }),
        };

        var (first, second) = (Run(direct), Run(behind));

        Assert.IsGreaterThan(micro.Unseen.Count / 2, first.Accepted.Count);
        CollectionAssert.AreEqual(first.Accepted, second.Accepted);
        TinyGenerator.AssertSame(direct.StorePath, behind.StorePath, "*.png");
        CollectionAssert.AreEqual(first.Scores, second.Scores);

        (List<string> Accepted, string[] Scores) Run(SyntheticUnseenDataOptions options)
        {
            var ml = new MLContext(7);
            var photos = ml.Data.TakeRows(ml.Data.LoadFromCoco(micro.Train.Annotations, micro.Train.Images), 16);
            using var model = ml.Transforms.SyntheticUnseenData(options)
                .Append(ml.MultiLabelClassification.Trainers.FusionMultiLabel(new() { Labels = labels, Clip = micro.Clip, Network = new() { ContextTokens = 4 }, Epochs = 1, BatchSize = 8 }))
                .Fit(photos);
            var samples = model.OfType<SyntheticUnseenDataTransformer>().Single().Samples();
            return ([.. samples.Where(s => s.IsAccepted).Select(s => $"{s.Index} {s.Attempt} {s.Seed} {s.Prompt}")], [.. TinyWorld.Scores(model.Transform(photos)).Select(Classification.FusionMultiLabelTransformerTests.Bits)]);
        }
    }

    private static SyntheticUnseenDataOptions Options(ImageServer server, string store) => ServiceJob.Options(s_world.Folder[store], server.Endpoint, s_world.Clip);

    // What the service's content filter does not like, whoever asks and whenever.
    private static bool IsDelicate(string prompt) => prompt.Length % 5 == 0;

    private static Process Start(string store, Uri endpoint) => Process.Start(new ProcessStartInfo(
        "dotnet", [typeof(ServiceJob).Assembly.Location, "service", store, endpoint.ToString(), s_world.Clip]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
