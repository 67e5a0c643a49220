using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion.Schedulers;

namespace ZsMlc.Torch.Tests.Diffusion.Schedulers;

[TestClass]
public sealed class SchedulerConfigTests
{
    [TestMethod]
    public void FromPretrained_MinusInfinityAsPythonWritesIt_IsRead()
    {
        var config = SchedulerConfig.FromPretrained(Cases.PathOf());
        Assert.AreEqual("DPMSolverMultistepScheduler", config.ClassName);
        Assert.AreEqual("leading", config.TimestepSpacing);
        Assert.IsTrue(config.UseKarrasSigmas);
    }

    [TestMethod]
    [DataRow("beta_start", "-Infinity")]
    [DataRow("beta_end", "NaN")]
    [DataRow("clip_sample_range", "Infinity")]
    [DataRow("num_train_timesteps", "NaN")]
    [DataRow("solver_order", "Infinity")]
    public void FromPretrained_NonFiniteWhereANumberIsNeeded_NamesFileAndSetting(string setting, string value)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["scheduler"]);
        File.WriteAllText(folder["scheduler/scheduler_config.json"], $$"""{"{{setting}}": {{value}}}""");
        var message = Assert.ThrowsExactly<CheckpointFormatException>(() => SchedulerConfig.FromPretrained(folder.Path)).Message;
        StringAssert.Contains(message, "scheduler_config.json");
        StringAssert.Contains(message, setting);
    }
}
