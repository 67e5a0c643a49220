using System.Text.Json.Nodes;
using ZsMlc.Torch.Diffusion;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>Settings of a diffusers folder that no image can be made with are refused at loading, with their file.</summary>
[TestClass]
public sealed class ForeignSettingsTests
{
    [TestMethod]
    [DataRow("unet", "norm_num_groups", "64")]
    [DataRow("unet", "norm_num_groups", "10000")]
    [DataRow("unet", "norm_num_groups", "7")]
    [DataRow("vae", "norm_num_groups", "17")]
    [DataRow("vae", "norm_num_groups", "3")]
    [DataRow("unet", "attention_head_dim", "3")]
    [DataRow("unet", "attention_head_dim", "[3, 1]")]
    [DataRow("text_encoder", "num_attention_heads", "5")]
    public void FromPretrained_PartsThatDoNotDivideTheWidth_AreRefusedByName(string part, string name, string value) =>
        AssertRefused($"{part}/config.json", name, (name, value));

    [TestMethod]
    public void FromPretrained_HeadsOfALevelWithoutAttention_ArePassedOver()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = TinyPipeline.CreateXL();
        pipeline.Save(folder.Path);
        Set(folder["unet/config.json"], ("attention_head_dim", "[3, 4]"));
        StableDiffusionPipeline.FromPretrained(folder.Path).Dispose();
    }

    [TestMethod]
    [DataRow("timestep_spacing", "\"foo\"")]
    [DataRow("prediction_type", "\"foo\"")]
    [DataRow("final_sigmas_type", "\"foo\"")]
    [DataRow("beta_start", "0")]
    [DataRow("beta_end", "1")]
    [DataRow("beta_end", "1.5")]
    [DataRow("beta_end", "0.9")]
    [DataRow("solver_order", "7")]
    public void FromPretrained_SchedulerSettingThatNoRunHas_IsRefusedByName(string name, string value) =>
        AssertRefused("scheduler/scheduler_config.json", name, ("_class_name", "\"DPMSolverMultistepScheduler\""), (name, value));

    [TestMethod]
    public void FromPretrained_SpreadsThatNoRunHas_AreRefusedByName()
    {
        const string file = "scheduler/scheduler_config.json", scheduler = "\"EulerDiscreteScheduler\"";
        AssertRefused(file, "use_exponential_sigmas", ("_class_name", scheduler), ("use_karras_sigmas", "true"), ("use_exponential_sigmas", "true"));
        AssertRefused(file, "sigma_min", ("_class_name", scheduler), ("use_karras_sigmas", "true"), ("sigma_min", "5"), ("sigma_max", "1"));
        AssertRefused(file, "trained_betas", ("_class_name", scheduler), ("num_train_timesteps", "3"), ("trained_betas", "[0.1, -0.1, 0.3]"));
    }

    [TestMethod]
    public void FromPretrained_SchedulerSettingsOfOthers_ArePassedOver()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = TinyPipeline.Create();
        pipeline.Save(folder.Path);
        Set(folder["scheduler/scheduler_config.json"], ("final_sigmas_type", "\"foo\""), ("use_karras_sigmas", "true"), ("use_beta_sigmas", "true"), ("beta_schedule", "\"squaredcos_cap_v2\""), ("beta_end", "2"));
        StableDiffusionPipeline.FromPretrained(folder.Path).Dispose();
    }

    [TestMethod]
    [DataRow("scaling_factor", "0")]
    [DataRow("scaling_factor", "1e-60")]
    [DataRow("latents_std", "[1, 1, 0, 1]")]
    [DataRow("latents_std", "[1, 1, 1, 1e39]")]
    [DataRow("latents_mean", "[1, 1, 1, 1e39]")]
    public void FromPretrained_FactorsThatNoLatentsHave_AreRefusedByName(string name, string value) =>
        AssertRefused("vae/config.json", name, ("latents_mean", "[0, 0, 0, 0]"), ("latents_std", "[1, 1, 1, 1]"), (name, value));

    [TestMethod]
    [DataRow("scheduler", """["diffusers", "FlowMatchEulerDiscreteScheduler"]""", "scheduler_config.json")]
    [DataRow("scheduler", "[null, null]", "model_index.json")]
    [DataRow("vae", """["diffusers", "AutoencoderTiny"]""", "model_index.json")]
    [DataRow("unet", """["diffusers", "UNetMotionModel"]""", "model_index.json")]
    [DataRow("unet", "[null, null]", "model_index.json")]
    [DataRow("unet", "\"UNet2DConditionModel\"", "model_index.json")]
    [DataRow("text_encoder", """["transformers", "T5EncoderModel"]""", "model_index.json")]
    [DataRow("image_encoder", """["transformers", "CLIPVisionModelWithProjection"]""", "model_index.json")]
    public void FromPretrained_PartOfAnotherClass_IsRefusedByName(string part, string value, string file)
    {
        using var folder = new TemporaryFolder();
        using var pipeline = TinyPipeline.Create();
        pipeline.Save(folder.Path);
        Set(folder["model_index.json"], (part, value));
        var message = Assert.ThrowsExactly<NotSupportedException>(() => StableDiffusionPipeline.FromPretrained(folder.Path)).Message;
        StringAssert.Contains(message, part);
        StringAssert.Contains(message, file);
    }

    [TestMethod]
    public void FromPretrained_PartsThatMakeNoImages_ArePassedOver()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = TinyPipeline.CreateXL();
        pipeline.Save(folder.Path);
        Set(
            folder["model_index.json"],
            ("safety_checker", """["stable_diffusion", "StableDiffusionSafetyChecker"]"""), ("feature_extractor", """["transformers", "CLIPImageProcessor"]"""),
            ("image_encoder", "[null, null]"), ("tokenizer", """["transformers", "CLIPTokenizerFast"]"""));
        StableDiffusionPipeline.FromPretrained(folder.Path).Dispose();
    }

    [TestMethod]
    public void FromPretrained_SchedulerOfAnotherClassThanItsFile_IsThatOfTheIndex()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = TinyPipeline.Create();
        pipeline.Save(folder.Path);
        Set(folder["model_index.json"], ("scheduler", """["diffusers", "EulerDiscreteScheduler"]"""));
        File.WriteAllText(folder["scheduler/scheduler_config.json"], """{"_class_name": "DPMSolverMultistepScheduler", "beta_end": 0.013, "solver_order": 3}""");

        using var read = StableDiffusionPipeline.FromPretrained(folder.Path);

        Assert.AreEqual(("EulerDiscreteScheduler", 0.013, "linspace"), (read.SchedulerConfig.ClassName, read.SchedulerConfig.BetaEnd, read.SchedulerConfig.TimestepSpacing));
    }

    private static void AssertRefused(string file, string expected, params (string Name, string Value)[] settings)
    {
        using var folder = new TemporaryFolder();
        using var pipeline = TinyPipeline.Create();
        pipeline.Save(folder.Path);
        Set(folder[file], settings);
        Set(folder["model_index.json"], ("scheduler", "null"));

        foreach (var load in new Action[] { () => StableDiffusionPipeline.FromPretrained(folder.Path), () => StableDiffusionPipeline.Look(folder.Path) })
        {
            var message = Assert.ThrowsExactly<NotSupportedException>(load).Message;
            StringAssert.Contains(message, expected);
            StringAssert.Contains(message, folder[file]);
        }
    }

    private static void Set(string path, params (string Name, string Value)[] settings)
    {
        var root = JsonNode.Parse(File.ReadAllText(path))!;
        foreach (var (name, value) in settings)
        {
            root[name] = JsonNode.Parse(value);
        }

        File.WriteAllText(path, root.ToJsonString());
    }
}
