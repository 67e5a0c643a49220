using TorchSharp;
using ZsMlc.Torch.Diffusion.Tuning;

namespace ZsMlc.MLNet.SyntheticData;

[TestClass]
public sealed class SyntheticUnseenDataOptionsTests
{
    private static readonly SyntheticUnseenDataOptions s_valid = new() { Labels = TinyWorld.Labels, Diffusion = "models/sd", StorePath = "store" };

    private static readonly TextEncoderTuningOptions s_tuning = new();

    private static IEnumerable<(string Names, SyntheticUnseenDataOptions Options)> Invalid =>
    [
        ("Labels", s_valid with { Labels = LabelSet.Create(["red"]) }),
        ("Diffusion", s_valid with { Diffusion = " " }),
        ("Diffusion", s_valid with { Diffusion = null }),
        ("Images", s_valid with { Images = ImageSource.Diffusion("models/sd") }),
        ("StorePath", s_valid with { StorePath = "" }),
        ("ImagesPerLabel", s_valid with { ImagesPerLabel = 0 }),
        ("LabelsPerImage", s_valid with { LabelsPerImage = 0 }),
        ("PromptsPerSet", s_valid with { PromptsPerSet = 0 }),
        ("Prompts", s_valid with { Prompts = null! }),
        ("Names", s_valid with { Names = null! }),
        ("Hierarchy", s_valid with { Hierarchy = null! }),
        ("NegativePrompt", s_valid with { NegativePrompt = null! }),
        ("ConfusablePairs", s_valid with { ConfusablePairs = [("white", "purple")] }),
        ("ConfusablePairs", s_valid with { ConfusablePairs = [("white", "white")] }),
        ("Sampling.Steps", s_valid with { Sampling = new() { Steps = 0 } }),
        ("Sampling.BatchSize", s_valid with { Sampling = new() { BatchSize = 0 } }),
        ("Sampling.GuidanceScale", s_valid with { Sampling = new() { GuidanceScale = -1 } }),
        ("Sampling.GuidanceStart", s_valid with { Sampling = new() { GuidanceStart = 2 } }),
        ("Sampling.GuidanceEnd", s_valid with { Sampling = new() { GuidanceEnd = -1 } }),
        ("Sampling.Steps", s_valid with { Tuning = s_tuning with { Sampling = new() { Steps = 0 } }, TuningClip = "clip" }),
        ("Seed", s_valid with { Sampling = new() { Seeds = [1] } }),
        ("Seed", s_valid with { Sampling = new() { Seed = 4 } }),
        ("PreviewStep", s_valid with { Sampling = new() { PreviewStep = 2 } }),
        ("Format", s_valid with { Format = (ImageFileFormat)7 }),
        ("Precision", s_valid with { Precision = torch.ScalarType.Int32 }),
        ("Shard", s_valid with { Shard = new(2, 2) }),
        ("PromptColumn", s_valid with { PromptColumn = "Labels" }),
        ("SyntheticColumn", s_valid with { SyntheticColumn = "" }),
        ("AcceptanceFilter.Clip", s_valid with { AcceptanceFilter = new() { Clip = "" } }),
        ("AcceptanceFilter.Threshold", s_valid with { AcceptanceFilter = new() { Clip = "clip", Threshold = 1.5f } }),
        ("AcceptanceFilter.Threshold", s_valid with { AcceptanceFilter = new() { Clip = "clip", Threshold = float.NaN } }),
        ("Template", s_valid with { AcceptanceFilter = new() { Clip = "clip", Template = "a photo" } }),
        ("AcceptanceFilter.MaxAttempts", s_valid with { AcceptanceFilter = new() { Clip = "clip", MaxAttempts = 0 } }),
        ("AcceptanceFilter.PseudoLabelThreshold", s_valid with { AcceptanceFilter = new() { Clip = "clip", PseudoLabelThreshold = -1 } }),
        ("AcceptanceFilter.PreviewStep", s_valid with { AcceptanceFilter = new() { Clip = "clip", PreviewStep = 20 } }),
        ("AcceptanceFilter.PreviewThreshold", s_valid with { AcceptanceFilter = new() { Clip = "clip", PreviewThreshold = 2 } }),
        ("TuningClip", s_valid with { Tuning = s_tuning }),
        ("Iterations", s_valid with { Tuning = s_tuning with { Iterations = 0 }, TuningClip = "clip" }),
        ("TextEncoder", s_valid with { Tuning = s_tuning, TuningClip = "clip", TextEncoder = "encoder.safetensors" }),
        ("CheckpointPath", s_valid with { Tuning = s_tuning with { CheckpointPath = "here" }, TuningClip = "clip" }),
        ("Tuning", s_valid with { Tuning = s_tuning with { Sampling = new() { Seeds = [3] } }, TuningClip = "clip" }),
        ("LabelsPerImage", s_valid with { AcceptanceFilter = new() { Clip = "clip" } }),
        ("LabelsPerImage", s_valid with { Tuning = s_tuning, TuningClip = "clip", Labels = LabelSet.Create([], ["white"]), LabelsPerImage = 1 }),
    ];

    [TestMethod]
    public void Validate_ValueOutOfRange_NamesTheOption()
    {
        foreach (var (name, options) in Invalid)
        {
            try
            {
                options.Validate();
            }
            catch (ArgumentException e)
            {
                Assert.Contains(name, e.Message);
                continue;
            }

            Assert.Fail($"{name}: no exception");
        }
    }

    [TestMethod]
    public void Validate_Defaults_AreValid()
    {
        s_valid.Validate();
        (s_valid with { Labels = TinyGenerator.Labels, AcceptanceFilter = new() { Clip = "clip", PreviewStep = 5, PseudoLabelThreshold = 0.7f }, Tuning = s_tuning, Shard = new(3, 4), ConfusablePairs = [("white", "red")] }).Validate();
    }

    [TestMethod]
    public void Published_MissingModel_NamesTheFile()
    {
        var error = Assert.ThrowsExactly<FileNotFoundException>(() => SyntheticUnseenDataOptions.Published(TinyWorld.Labels, "no-such-model", "clip", "store"));

        Assert.Contains("no-such-model", error.Message);
    }

    [TestMethod]
    public void Published_Model_SamplesByEulerOnItsNoiseSchedule()
    {
        using var world = new TinyWorld();
        var options = SyntheticUnseenDataOptions.Published(TinyGenerator.Labels, world.Diffusion, world.Clip, "store");

        options.Validate();
        Assert.AreEqual((50, 7.5, 200), (options.Sampling.Steps, options.Sampling.GuidanceScale, options.ImagesPerLabel));
        Assert.AreEqual("EulerDiscreteScheduler", options.Sampling.Scheduler!.ClassName);
        Assert.AreEqual(1, options.Sampling.Scheduler.StepsOffset);
        Assert.AreEqual((world.Clip, 0.5f), (options.AcceptanceFilter!.Clip, options.AcceptanceFilter.Threshold));
    }
}
