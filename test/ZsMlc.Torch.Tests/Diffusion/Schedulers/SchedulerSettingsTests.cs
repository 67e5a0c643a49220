using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion.Schedulers;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.Schedulers;

[TestClass]
public sealed class SchedulerSettingsTests
{
    private const string Levels = "num_train_timesteps beta_start beta_end beta_schedule trained_betas prediction_type timestep_spacing steps_offset ";
    private const string Threshold = "thresholding dynamic_thresholding_ratio sample_max_value ";
    private const string Spread = "use_karras_sigmas use_exponential_sigmas use_beta_sigmas ";
    private const string Multistep = Levels + Threshold + Spread + "solver_order solver_type lower_order_final final_sigmas_type use_flow_sigmas flow_shift rescale_betas_zero_snr use_dynamic_shifting time_shift_type ";
    private const string Distilled = Levels + Threshold + "original_inference_steps timestep_scaling clip_sample clip_sample_range set_alpha_to_one rescale_betas_zero_snr ";

    // The arguments of the reference's classes (diffusers 0.42); σ_min and σ_max are looked up by all that spread σ.
    private static readonly Dictionary<string, HashSet<string>> s_obeyed = new Dictionary<string, string>
    {
        ["DDIMScheduler"] = Levels + Threshold + "clip_sample clip_sample_range set_alpha_to_one rescale_betas_zero_snr",
        ["DDPMScheduler"] = Levels + Threshold + "clip_sample clip_sample_range variance_type rescale_betas_zero_snr",
        ["DPMSolverMultistepScheduler"] = Multistep + "algorithm_type euler_at_final use_lu_lambdas lambda_min_clipped variance_type sigma_min sigma_max",
        ["EulerAncestralDiscreteScheduler"] = Levels + "rescale_betas_zero_snr",
        ["EulerDiscreteScheduler"] = Levels + Spread + "interpolation_type sigma_min sigma_max timestep_type rescale_betas_zero_snr final_sigmas_type",
        ["HeunDiscreteScheduler"] = Levels + Spread + "clip_sample clip_sample_range sigma_min sigma_max",
        ["LCMScheduler"] = Distilled,
        ["PNDMScheduler"] = Levels + "skip_prk_steps set_alpha_to_one",
        ["TCDScheduler"] = Distilled,
        ["UniPCMultistepScheduler"] = Multistep + "predict_x0 disable_corrector solver_p sigma_min sigma_max shift_terminal",
    }.ToDictionary(c => c.Key, c => c.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet());

    // Another value for every setting, with what else it needs to have an effect.
    private static readonly Dictionary<string, (string Value, string Needs)> s_others = new()
    {
        ["algorithm_type"] = ("\"dpmsolver\"", "{}"),
        ["beta_end"] = ("0.02", "{}"),
        ["beta_schedule"] = ("\"linear\"", "{}"),
        ["beta_start"] = ("0.002", "{}"),
        ["clip_sample"] = ("true", """{"clip_sample": false}"""),
        ["clip_sample_range"] = ("0.05", """{"clip_sample": true}"""),
        ["disable_corrector"] = ("[0]", "{}"),
        ["dynamic_thresholding_ratio"] = ("0.5", "{}"),
        ["euler_at_final"] = ("true", """{"euler_at_final": false, "lower_order_final": false, "final_sigmas_type": "sigma_min", "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false}"""),
        ["final_sigmas_type"] = ("\"sigma_min\"", "{}"),
        ["flow_shift"] = ("3", "{}"),
        ["interpolation_type"] = ("\"log_linear\"", "{}"),
        ["lambda_min_clipped"] = ("-5.1", "{}"),
        ["lower_order_final"] = ("false", """{"final_sigmas_type": "sigma_min", "euler_at_final": false, "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false}"""),
        ["num_train_timesteps"] = ("900", "{}"),
        ["original_inference_steps"] = ("40", "{}"),
        ["predict_x0"] = ("false", "{}"),
        ["prediction_type"] = ("\"v_prediction\"", """{"prediction_type": "epsilon"}"""),
        ["rescale_betas_zero_snr"] = ("true", """{"rescale_betas_zero_snr": false, "prediction_type": "v_prediction"}"""),
        ["sample_max_value"] = ("2", "{}"),
        ["set_alpha_to_one"] = ("false", """{"set_alpha_to_one": true, "timestep_spacing": "leading"}"""),
        ["shift_terminal"] = ("0.1", "{}"),
        ["sigma_max"] = ("9", """{"use_karras_sigmas": true, "use_exponential_sigmas": false, "use_beta_sigmas": false}"""),
        ["sigma_min"] = ("0.3", """{"use_karras_sigmas": true, "use_exponential_sigmas": false, "use_beta_sigmas": false}"""),
        ["skip_prk_steps"] = ("true", """{"skip_prk_steps": false}"""),
        ["solver_order"] = ("1", "{}"),
        ["solver_p"] = ("\"x\"", "{}"),
        ["solver_type"] = ("\"heun\"", "{}"),
        ["UniPCMultistepScheduler.solver_type"] = ("\"bh1\"", "{}"),
        ["steps_offset"] = ("2", """{"timestep_spacing": "leading", "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false}"""),
        ["thresholding"] = ("true", "{}"),
        ["time_shift_type"] = ("\"linear\"", "{}"),
        ["timestep_scaling"] = ("2", "{}"),
        ["timestep_spacing"] = ("\"linspace\"", """{"use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false}"""),
        ["timestep_type"] = ("\"continuous\"", "{}"),
        ["trained_betas"] = ($"[{string.Join(',', Enumerable.Repeat("0.004", 1000))}]", "{}"),
        ["use_beta_sigmas"] = ("true", """{"use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false}"""),
        ["use_dynamic_shifting"] = ("true", "{}"),
        ["use_exponential_sigmas"] = ("true", """{"use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false}"""),
        ["use_flow_sigmas"] = ("true", "{}"),
        ["use_karras_sigmas"] = ("true", """{"use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false}"""),
        ["use_lu_lambdas"] = ("true", "{}"),
        ["variance_type"] = ("\"fixed_large\"", "{}"),
    };

    // Arguments that change nothing in the reference either: those of modes that are refused, and those that its class never reads.
    private static readonly HashSet<string> s_idle =
    [
        "dynamic_thresholding_ratio", "sample_max_value", "flow_shift", "time_shift_type",
        "LCMScheduler.set_alpha_to_one", "LCMScheduler.steps_offset", "LCMScheduler.timestep_spacing", "TCDScheduler.set_alpha_to_one", "TCDScheduler.steps_offset",
        "TCDScheduler.timestep_spacing", "TCDScheduler.clip_sample", "TCDScheduler.clip_sample_range", "TCDScheduler.timestep_scaling",
    ];

    public static IEnumerable<object[]> Published => Directory.GetDirectories(Golden.PathOf("newest", "schedulers")).Select(d => new object[] { Path.GetFileName(d) }).Order(Comparer<object[]>.Create((a, b) => string.CompareOrdinal((string)a[0], (string)b[0])));

    [TestMethod]
    [DynamicData(nameof(Published))]
    public void Create_EveryKeyOfAPublishedFile_IsObeyedOrRefusedByName(string name)
    {
        var json = File.ReadAllText(Golden.PathOf("newest", "schedulers", name, "scheduler_config.json")).Replace("-Infinity", "\"-Infinity\"");
        var published = JsonNode.Parse(json)!.AsObject();
        var className = published["_class_name"]!.GetValue<string>();
        foreach (var key in published.Select(p => p.Key).Union(s_obeyed[className]).Where(k => k[0] != '_').ToList())
        {
            var (value, needs) = s_others.TryGetValue($"{className}.{key}", out var own) ? own : s_others[key];
            var before = published.DeepClone().AsObject();
            foreach (var (need, needed) in JsonNode.Parse(needs)!.AsObject())
            {
                before[need] = needed!.DeepClone();
            }

            var after = before.DeepClone().AsObject();
            after[key] = JsonNode.Parse(value);
            var isObeyed = s_obeyed[className].Contains(key) && !s_idle.Contains(key) && !s_idle.Contains($"{className}.{key}");
            var expected = Run(before);
            try
            {
                var found = Run(after);
                Assert.AreEqual(isObeyed, !expected.SequenceEqual(found), $"{key} of {className}: whether {value} changes the samples");
            }
            catch (NotSupportedException e)
            {
                Assert.IsTrue(isObeyed, $"{key} of {className}, which does not know it: {e.Message}");
                StringAssert.Contains(e.Message, key);
            }
        }
    }

    [TestMethod]
    public void Names_EveryClass_AreTheReferencesArguments()
    {
        foreach (var (className, keys) in s_obeyed)
        {
            CollectionAssert.AreEquivalent(keys.ToArray(), SchedulerSettings.Names(className).ToArray(), className);
        }
    }

    [TestMethod]
    public void Read_SettingsThatAreMissing_AreThoseOfTheReferencesClass()
    {
        using var folder = new TemporaryFolder();
        SchedulerConfig Read(string className)
        {
            File.WriteAllText(folder["scheduler_config.json"], $$"""{"_class_name": "{{className}}"}""");
            return SchedulerSettings.Read(folder["scheduler_config.json"]);
        }

        Assert.AreEqual((0.0001, 0.02, "linear", true, true), (Read("DDIMScheduler").BetaStart, Read("DDIMScheduler").BetaEnd, Read("DDIMScheduler").BetaSchedule, Read("DDIMScheduler").ClipSample, Read("DDIMScheduler").SetAlphaToOne));
        Assert.AreEqual((false, false), (Read("PNDMScheduler").SkipPrkSteps, Read("PNDMScheduler").SetAlphaToOne));
        Assert.AreEqual(("scaled_linear", false), (Read("LCMScheduler").BetaSchedule, Read("LCMScheduler").ClipSample));
        Assert.AreEqual("linspace", Read("EulerDiscreteScheduler").TimestepSpacing);
        Assert.AreEqual("bh2", Read("UniPCMultistepScheduler").SolverType);
    }

    [TestMethod]
    public void Write_ThenRead_IsTheSameRunAndHasTheKeysOfTheReference()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in Published.Select(p => (string)p[0]))
        {
            var config = SchedulerSettings.Read(Golden.PathOf("newest", "schedulers", name, "scheduler_config.json"));
            SchedulerSettings.Write(folder["scheduler_config.json"], config);
            using var written = JsonDocument.Parse(File.ReadAllBytes(folder["scheduler_config.json"]));
            Assert.IsEmpty(written.RootElement.EnumerateObject().Select(p => p.Name).Except(s_obeyed[config.ClassName]).Except(["_class_name"]), name);
            CollectionAssert.AreEqual(Run(config), Run(SchedulerSettings.Read(folder["scheduler_config.json"])), name);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Published))]
    public void SetTimesteps_Again_StartsAfreshAndLeavesNoTensorsBehind(string name)
    {
        var config = SchedulerSettings.Read(Golden.PathOf("newest", "schedulers", name, "scheduler_config.json"));
        var expected = Run(config);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (var scheduler = Scheduler.Create(config))
        {
            Run(scheduler);
            CollectionAssert.AreEqual(expected, Run(scheduler), "Nothing of an earlier run is remembered.");
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void Create_UnknownClass_ListsTheKnownOnes()
    {
        var message = Assert.ThrowsExactly<NotSupportedException>(() => Scheduler.Create(new() { ClassName = "FlowMatchEulerDiscreteScheduler" })).Message;
        StringAssert.Contains(message, "FlowMatchEulerDiscreteScheduler");
        StringAssert.Contains(message, "UniPCMultistepScheduler");
    }

    private static double[] Run(JsonObject settings)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["scheduler_config.json"], settings.ToJsonString());
        return Run(SchedulerSettings.Read(folder["scheduler_config.json"]));
    }

    private static double[] Run(SchedulerConfig config)
    {
        using var scheduler = Scheduler.Create(config);
        return Run(scheduler);
    }

    private static double[] Run(Scheduler scheduler)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        scheduler.SetTimesteps(6);
        var noises = 0;
        var x = tensor(new[] { 0.3, -1.2, 0.9, 2.1 }, dtype: ScalarType.Float64) * scheduler.InitNoiseSigma;
        for (var i = 0; i < scheduler.Timesteps.Count; i++)
        {
            var input = scheduler.ScaleModelInput(x, i);
            x = scheduler.Step(0.5 * input.tanh() - 0.2 * input + 0.3 * scheduler.Timesteps[i] / 1000, i, x, () => full(4, 0.1 * ++noises, dtype: ScalarType.Float64));
        }

        return [.. x.data<double>(), .. scheduler.Timesteps, noises];
    }
}
