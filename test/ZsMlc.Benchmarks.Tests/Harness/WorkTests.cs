using ZsMlc.Benchmarks.Harness;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks.Tests.Harness;

[TestClass]
public sealed class WorkTests
{
    [TestMethod]
    public void Scoring_VisionTransformer_CountsEachLayerAtItsPositions()
    {
        const int patches = 4, width = 64, tokens = patches + 1, branches = 8;
        using var clip = RandomModels.ViT(new(1, 1, CPU, 2, Smoke: true));
        using var classifier = RandomModels.Classifier(clip, 2, contextTokens: 2);

        const int attention = 4 * width * width, perceptron = 8 * width * width;
        const int branch = (width * (width / 4)) + (2 * (width / 2) * branches);
        const int whole = tokens * (attention + perceptron);

        // The class token alone asks in the last block and goes through its perceptron.
        const int last = (tokens * 3 * width * width) + (width * width) + perceptron + (tokens * branch);
        const int ends = (patches * 3 * 16 * 16 * width) + (tokens * width * 32);

        Assert.AreEqual(2e-9 * (whole + last + ends), Work.Scoring(classifier), 1e-12);
    }

    [TestMethod]
    public void Denoising_OutermostLevel_CountsItsLayersAlone()
    {
        using var unet = new UNet2DConditionModel(new()
        {
            SampleSize = 16, BlockOutChannels = [32, 96], LayersPerBlock = 1, NormNumGroups = 16, CrossAttentionDim = 8, AttentionHeadDim = 4,
            DownBlockTypes = ["DownBlock2D", "CrossAttnDownBlock2D"], UpBlockTypes = ["CrossAttnUpBlock2D", "UpBlock2D"],
        });
        const int positions = 16 * 16, kernel = 9, time = 128;
        const int ends = positions * kernel * ((4 * 32) + (32 * 4));
        const int down = (positions * kernel * 2 * 32 * 32) + (time * 32);

        // On the way up, each block takes a state of the way down as well and has a shortcut.
        const int up = (positions * ((kernel * ((96 + 32 + 32) * 32)) + ((96 + 32) * 32))) + (positions * ((kernel * ((32 + 32 + 32) * 32)) + ((32 + 32) * 32))) + (2 * time * 32);
        const int times = (32 * time) + (time * time);

        Assert.AreEqual(2e-9 * (ends + down + up + times), Work.Denoising(unet, tokens: 5, outermost: true), 1e-12);
        Assert.IsGreaterThan(2 * Work.Denoising(unet, tokens: 5, outermost: true), Work.Denoising(unet, tokens: 5));
    }
}
