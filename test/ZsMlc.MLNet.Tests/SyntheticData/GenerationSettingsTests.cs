using TorchSharp;

namespace ZsMlc.MLNet.SyntheticData;

[TestClass]
public sealed class GenerationSettingsTests
{
    /// <summary>The images of a diffusion model, with every option away from its default.</summary>
    private static GenerationSettings Diffusion => new()
    {
        Seen = ["red"],
        Diffusion = "models/sd",
        StorePath = "store",
        Plan = new() { Labels = ["cat", "dog", "cup"], ImagesPerLabel = 3, ConfusablePairs = [new("cat", "dog")], Parents = new Dictionary<string, IReadOnlyList<string>> { ["cat"] = ["animal"] }, Seed = 5 },
        Prompts = "templates/1",
        PromptsPerSet = 7,
        Names = [["cat", "kitten"], ["dog"], ["cup"]],
        NegativePrompt = "rain",
        Sampling = new() { Steps = 9, GuidanceScale = 2, BatchSize = 4, AttentionSlice = 2, UnpackedWeights = true },
        Format = ImageFileFormat.Jpeg,
        AcceptanceFilter = new() { Clip = "models/clip", MaxAttempts = 4 },
        Tuning = new() { Iterations = 3 },
        Precision = torch.ScalarType.BFloat16,
        ImageColumn = "Image",
        LabelColumn = "Labels",
        SyntheticColumn = "IsSynthetic",
        PromptColumn = "Prompt",
        Models = new("aa", "bb", "cc", null),
    };

    [TestMethod]
    public void Identity_DiffusionModel_HasTheBytesOfStoresThatExist()
    {
        var identity = Diffusion.Identity().WithCandidates(Diffusion.Candidates());

        Assert.AreEqual("d7a09a817537f307", identity.Id);
    }

    [TestMethod]
    public void Identity_FeatureReuse_IsAnother()
    {
        var reusing = Diffusion with { Sampling = Diffusion.Sampling with { FeatureReuse = 1 } };

        StringAssert.StartsWith(reusing.Identity().DifferencesFrom(Diffusion.Identity().ToBytes())!.Single(), $"{nameof(GenerationSettings.Sampling)} is ");
        Assert.AreNotEqual(Diffusion.Identity().Id, reusing.Identity().Id);
    }
}
