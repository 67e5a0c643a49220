using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>Calls of the denoiser that take over the deep features of an earlier one.</summary>
[TestClass]
public sealed class DeepFeaturesTests
{
    private const int Steps = 6;

    private static readonly string[] s_prompts = ["a cat", "a dog", "a cup", "a car", "a tree"];

    [TestMethod]
    public async Task GenerateAsync_EveryCallIsWhole_IsBitEqual()
    {
        using var pipeline = TinyPipeline.Create();
        var options = Options(guidance: 3, reuse: 0);
        var (whole, single) = (await pipeline.GenerateAsync(s_prompts, "blurry", options), await pipeline.GenerateAsync(s_prompts, "blurry", options with { Steps = 1 }));

        // Of one call none is left to reuse anything.
        Same(single, await pipeline.GenerateAsync(s_prompts, "blurry", options with { Steps = 1, FeatureReuse = 1 }), tolerance: 0);
        CollectionAssert.AreNotEqual(Pixels(whole), Pixels(await pipeline.GenerateAsync(s_prompts, "blurry", options with { FeatureReuse = 1 })), "Reuse changes nothing.");
    }

    [TestMethod]
    [DataRow(1, 1, 0.0, 1.0, new[] { true, false, true, false, true, false })]
    [DataRow(3, 1, 0.0, 1.0, new[] { true, false, true, false, true, false })]
    [DataRow(3, 2, 0.0, 1.0, new[] { true, false, false, true, false, false })]
    [DataRow(3, 5, 0.5, 1.0, new[] { true, false, false, true, false, false })]
    [DataRow(3, 2, 0.0, 0.7, new[] { true, false, false, true, false, false })]
    public async Task GenerateAsync_Reuse_AgreesWithTheOutermostLevelByHand(int guidance, int reuse, double start, double end, bool[] whole)
    {
        using var pipeline = TinyPipeline.Create();
        var options = Options(guidance, reuse) with { GuidanceStart = start, GuidanceEnd = end };

        var image = (await pipeline.GenerateAsync(["a cat"], "blurry", options))[0];

        using var scope = NewDisposeScope();
        using var none = no_grad();
        var states = pipeline.Condition(["a cat"], "blurry", options).States;
        using var scheduler = Scheduler.Create(pipeline.SchedulerConfig);
        scheduler.SetTimesteps(Steps);
        using var generator = new Generator((ulong)image.Seed, CPU);
        var latents = randn([1, 4, 16, 16], generator: generator) * scheduler.InitNoiseSigma;
        var cached = new Tensor?[2];
        for (var i = 0; i < Steps; i++)
        {
            // Rows one by one: the last is the prompt's, the first under guidance the negative prompt's.
            var outputs = Enumerable.Range(0, 2).Select(row => states.shape[0] == 1 ? 0 : row).Select(row =>
                ByHand(pipeline.Unet, scheduler.ScaleModelInput(latents, i), scheduler.Timesteps[i], states.narrow(0, row, 1), whole[i], ref cached[row])).ToArray();
            var factor = i >= start * Steps && i < end * Steps ? guidance : 1;
            latents = scheduler.Step(outputs[0] + factor * (outputs[1] - outputs[0]), i, latents);
        }

        var expected = StableDiffusionPipeline.ToBytes(pipeline.Vae.Decode(pipeline.Vae.Unscale(latents))).bytes.ToArray();
        Assert.IsTrue(expected.Zip(image.Pixels).All(p => Math.Abs(p.First - p.Second) <= 1), "The image is not the one by hand.");
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public async Task GenerateAsync_GatheredBehindAPreview_KeepsEachImagesOwnFeatures(int guidance)
    {
        using var pipeline = TinyPipeline.Create();

        // Behind the preview the next call is one that reuses.
        var options = Options(guidance, reuse: 2) with { BatchSize = 2 };
        var single = await pipeline.GenerateAsync(s_prompts, "blurry", options with { BatchSize = 1 });

        var staged = await pipeline.GenerateAsync(s_prompts, "blurry", options with { PreviewStep = 4, Preview = (_, indices) => [.. indices.Select(i => i is not (1 or 2))] });

        CollectionAssert.AreEqual(new[] { 1, 2 }, staged.Where(i => i.IsAbandoned).Select(i => i.Index).ToArray());
        Same([.. staged.Where(i => !i.IsAbandoned).Select(i => single[i.Index])], [.. staged.Where(i => !i.IsAbandoned)], tolerance: 1);
    }

    [TestMethod]
    public async Task GenerateAsync_NegativeReuse_NamesTheOption()
    {
        using var pipeline = TinyPipeline.Create();

        var error = await Assert.ThrowsExactlyAsync<ArgumentOutOfRangeException>(() => pipeline.GenerateAsync(["a"], options: new() { FeatureReuse = -1 }));

        Assert.AreEqual(nameof(GenerationOptions.FeatureReuse), error.ParamName);
    }

    private static GenerationOptions Options(int guidance, int reuse) => new() { Steps = Steps, Height = 32, Width = 32, GuidanceScale = guidance, FeatureReuse = reuse, Seed = 5 };

    private static byte[] Pixels(IEnumerable<GeneratedImage> images) => [.. images.SelectMany(i => i.Pixels)];

    private static void Same(IReadOnlyList<GeneratedImage> expected, IReadOnlyList<GeneratedImage> actual, int tolerance) =>
        Assert.IsTrue(Pixels(expected).Zip(Pixels(actual)).All(p => Math.Abs(p.First - p.Second) <= tolerance), "The images are others.");

    /// <summary>The tiny network of two levels of one layer each, block by block.</summary>
    private static Tensor ByHand(UNet2DConditionModel unet, Tensor sample, double timestep, Tensor context, bool whole, ref Tensor? deep)
    {
        var (down, up) = (unet.down_blocks, unet.up_blocks);
        var time = nn.functional.silu(unet.time_embedding.forward(TimestepEmbedding.Sinusoids(tensor([(float)timestep]), unet.Config.BlockOutChannels[0], unet.Config.FlipSinToCos, unet.Config.FreqShift), null));
        var first = unet.conv_in.forward(sample);
        var outer = down[0].attentions![0].forward(down[0].resnets[0].forward(first, time), context);
        if (whole)
        {
            var smaller = down[0].downsamplers![0].forward(outer);
            var inner = down[1].resnets[0].forward(smaller, time);
            var middle = unet.mid_block!.resnets[1].forward(unet.mid_block.attentions[0].forward(unet.mid_block.resnets[0].forward(inner, time), context), time);
            var back = up[0].resnets[0].forward(cat([middle, inner], 1), time);
            deep = up[0].upsamplers![0].forward(up[0].resnets[1].forward(cat([back, smaller], 1), time), (16, 16));
        }

        var x = up[1].attentions![0].forward(up[1].resnets[0].forward(cat([deep!, outer], 1), time), context);
        x = up[1].attentions![1].forward(up[1].resnets[1].forward(cat([x, first], 1), time), context);
        return unet.conv_out.forward(nn.functional.silu(unet.conv_norm_out.forward(x)));
    }
}
