using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Schedulers;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>Sampling in two stages, with the images that a preview promises put together anew.</summary>
[TestClass]
public sealed class SamplingBatchTests
{
    private static readonly string[] s_prompts = ["a cat", "a dog", "a cup", "a car", "a tree"];

    [TestMethod]
    [DataRow("DDIMScheduler", 1)]
    [DataRow("DDPMScheduler", 1)]
    [DataRow("DPMSolverMultistepScheduler", 1)]
    [DataRow("EulerAncestralDiscreteScheduler", 1)]
    [DataRow("EulerDiscreteScheduler", 1)]
    [DataRow("HeunDiscreteScheduler", 3)]
    [DataRow("LCMScheduler", 1)]
    [DataRow("PNDMScheduler", 1)]
    [DataRow("TCDScheduler", 1)]
    [DataRow("UniPCMultistepScheduler", 1)]
    public async Task GenerateAsync_SomeAreGivenUp_TheOthersAreAsInOneStage(string scheduler, int guidance)
    {
        using var pipeline = TinyPipeline.Create();
        var options = new GenerationOptions
        {
            Steps = 6, Height = 32, Width = 32, BatchSize = 2, GuidanceScale = guidance,
            Scheduler = new() { ClassName = scheduler, TimestepSpacing = "leading", StepsOffset = 1, SetAlphaToOne = scheduler == "LCMScheduler", SolverOrder = 2 },
        };
        var whole = await pipeline.GenerateAsync(s_prompts, "blurry", options);
        List<int> seen = [];

        var staged = await pipeline.GenerateAsync(s_prompts, "blurry", options with
        {
            PreviewStep = 4,
            Preview = (previews, indices) =>
            {
                Assert.AreEqual(indices.Count, previews.shape[0]);
                seen.AddRange(indices);
                return [.. indices.Select(i => i is not (1 or 2))];
            },
        });

        CollectionAssert.AreEqual(new[] { 0, 1, 2, 3, 4 }, seen);
        CollectionAssert.AreEqual(new[] { 1, 2 }, staged.Where(i => i.IsAbandoned).Select(i => i.Index).ToArray());
        foreach (var image in staged.Where(i => !i.IsAbandoned))
        {
            Assert.AreEqual(whole[image.Index].Seed, image.Seed);
            Assert.IsTrue(image.Pixels.Zip(whole[image.Index].Pixels).All(p => Math.Abs(p.First - p.Second) <= 1), $"Image {image.Index} is another one.");
        }
    }

    [TestMethod]
    public async Task GenerateAsync_HalfAreGivenUp_TheOthersFillTheirBatches()
    {
        using var pipeline = TinyPipeline.Create();
        List<int> steps = [];

        await pipeline.GenerateAsync(["a", "b", "c", "d", "e", "f", "g", "h"], null, new()
        {
            Steps = 4, Height = 32, Width = 32, BatchSize = 2, PreviewStep = 1, Preview = (_, indices) => [.. indices.Select(i => i % 2 == 0)],
        }, new Told(steps));

        // Four batches of one step each, then two full ones of three.
        CollectionAssert.AreEqual(new[] { 1, 1, 1, 1, 2, 3, 4, 4, 2, 3, 4, 4 }, steps);
    }

    [TestMethod]
    public async Task GenerateAsync_AllAreGivenUp_EndsAtThePreview()
    {
        using var pipeline = TinyPipeline.Create();
        List<int> steps = [];

        var images = await pipeline.GenerateAsync(["a", "b"], null, new()
        {
            Steps = 4, Height = 32, Width = 32, BatchSize = 2, PreviewStep = 2, Preview = (_, indices) => [.. indices.Select(_ => false)],
        }, new Told(steps));

        Assert.IsTrue(images.All(i => i is { IsAbandoned: true, Width: 32, Height: 32 }));
        CollectionAssert.AreEqual(new[] { 1, 2 }, steps);
    }

    private sealed class Told(List<int> steps) : IProgress<GenerationStep>
    {
        public void Report(GenerationStep value) => steps.Add(value.Step);
    }

    [TestMethod]
    public async Task GenerateAsync_PreviewThatAnswersForOneImage_SaysSo()
    {
        using var pipeline = TinyPipeline.Create();
        var options = new GenerationOptions { Steps = 2, BatchSize = 2, PreviewStep = 1, Preview = (_, _) => [true] };

        var error = await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => pipeline.GenerateAsync(["a cat", "a dog"], options: options));

        Assert.Contains("Preview answered for 1 images; expected an answer for each of 2.", error.Message);
    }
}
