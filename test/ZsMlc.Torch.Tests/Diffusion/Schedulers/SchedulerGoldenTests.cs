using System.Text.Json;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.Schedulers;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.Schedulers;

[TestClass]
public sealed class SchedulerGoldenTests
{
    private const string Stem = "schedulers_diffusers-0.30.3";
    private const double Limit = 2e-6;

    public static IEnumerable<object[]> Names
    {
        get
        {
            using var document = Definitions();
            return document.RootElement.EnumerateObject().Where(c => c.Value.TryGetProperty("config", out _)).Select(c => new object[] { c.Name }).ToList();
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_GoldenCase_FollowsTheTrajectory(string name)
    {
        using var scope = NewDisposeScope();
        using var document = Definitions();
        using var golden = Golden.Open("sd", "schedulers", Stem + ".safetensors");
        var entry = document.RootElement.GetProperty(name);
        using var scheduler = Create(entry.GetProperty("config"));
        var steps = entry.GetProperty("steps").GetInt32();

        var dummies = golden.Names.Where(n => n.StartsWith(name + "/", StringComparison.Ordinal) && n.EndsWith("/samples", StringComparison.Ordinal)).Select(n => n.Split('/')[1]).ToList();
        Assert.IsNotEmpty(dummies);
        foreach (var dummy in dummies)
        {
            scheduler.SetTimesteps(steps);
            Golden.AssertL2(golden.Read($"{name}/timesteps"), tensor(scheduler.Timesteps.ToArray()), Limit, "timesteps");
            if (golden.Names.Contains($"{name}/sigmas"))
            {
                var sigmas = scheduler is EulerScheduler euler ? euler.Sigmas : ((DpmSolverScheduler)scheduler).Sigmas;
                Golden.AssertL2(golden.Read($"{name}/sigmas"), tensor(sigmas.ToArray()), Limit, "sigmas");
            }

            Assert.AreEqual(entry.GetProperty("init_noise_sigma").GetDouble(), scheduler.InitNoiseSigma, 1e-5 * scheduler.InitNoiseSigma);
            var samples = golden.Read($"{name}/{dummy}/samples");
            var x = samples[0];
            Golden.AssertL2(samples[0], golden.Read("initial_noise") * scheduler.InitNoiseSigma, Limit, "first sample");
            for (var i = 0; i < scheduler.Timesteps.Count; i++)
            {
                var t = scheduler.Timesteps[i];
                var input = scheduler.ScaleModelInput(x, i);
                var output = dummy == "tanh" ? 0.5 * input.tanh() - 0.2 * input + 0.3 * t / 1000 : 0.1 * input + 0.01 * t / 1000;
                x = scheduler.Step(output, i, x);
                Golden.AssertL2(samples[i + 1], x, Limit, $"{dummy}, sample {i + 1}");
            }
        }
    }

    [TestMethod]
    public void AlphasCumprod_TrainingTables_AgreeWithTheReference()
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("sd", "schedulers", Stem + ".safetensors");
        Golden.AssertL2(golden.Read("train/alphas_cumprod"), tensor(NoiseTable.AlphasCumprod(new())), 1e-7, "alphas_cumprod");
        Golden.AssertL2(golden.Read("train/alphas_cumprod_zero_snr"), tensor(NoiseTable.AlphasCumprod(new() { RescaleBetasZeroSnr = true })), 1e-6, "alphas_cumprod_zero_snr");
    }

    // The file was written by a library that has a token for infinity, which JSON does not know.
    private static JsonDocument Definitions() =>
        JsonDocument.Parse(File.ReadAllText(Golden.PathOf("sd", "schedulers", Stem + ".json")).Replace("-Infinity", "null").Replace("Infinity", "null"));

    private static Scheduler Create(JsonElement config)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["scheduler_config.json"], config.GetRawText());
        return Scheduler.Create(SchedulerSettings.Read(folder["scheduler_config.json"]));
    }
}
