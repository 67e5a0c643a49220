using System.Drawing;
using Microsoft.Extensions.AI;
using Microsoft.ML.Data;
using TorchSharp;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Tests.Diffusion;

namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>A pipeline, driven through the abstraction alone.</summary>
[TestClass]
public sealed class PipelineImageGeneratorTests
{
    private static readonly GenerationOptions s_sampling = new() { Steps = 3, GuidanceScale = 2, BatchSize = 1 };

    private static StableDiffusionPipeline s_pipeline = null!;
    private static IImageGenerator s_generator = null!;

    public TestContext TestContext { get; set; } = null!;

    [ClassInitialize]
    public static void Create(TestContext context)
    {
        s_pipeline = TinyPipeline.Create();
        s_generator = s_pipeline.AsImageGenerator(s_sampling, "tiny-sd");
    }

    [ClassCleanup]
    public static void Clean() => s_pipeline.Dispose();

    [TestMethod]
    public async Task GenerateAsync_SeedsAndNegativePrompt_GiveThePipelinesOwnImages()
    {
        var expected = await s_pipeline.GenerateAsync(["A red dog.", "A red dog."], "rain", s_sampling with { Seed = 7 }, cancellation: TestContext.CancellationToken);

        var response = await s_generator.GenerateAsync(new("A red dog."), new() { Count = 2, AdditionalProperties = new() { ["seed"] = 7L, ["negative_prompt"] = "rain" } }, TestContext.CancellationToken);

        var contents = response.Contents.Cast<DataContent>().ToList();
        Assert.HasCount(2, contents);
        foreach (var (image, content) in expected.Zip(contents))
        {
            Assert.AreEqual(("image/png", image.Seed), (content.MediaType, content.AdditionalProperties!["seed"]));
            CollectionAssert.AreEqual(image.Pixels, Pixels(content));
        }
    }

    [TestMethod]
    public async Task GenerateAsync_EverySettingOfARequest_IsObeyed()
    {
        List<GenerationStep> steps = [];
        var options = new ImageGenerationOptions
        {
            ModelId = "tiny-sd", ImageSize = new Size(32, 16), MediaType = "image/jpeg", ResponseFormat = ImageGenerationResponseFormat.Data,
            AdditionalProperties = new() { ["seed"] = 3, ["num_inference_steps"] = 2, ["guidance_scale"] = 1, ["progress"] = new Told<GenerationStep>(steps.Add) },
        };

        var response = await s_generator.GenerateImagesAsync("A red dog.", options, TestContext.CancellationToken);

        var content = (DataContent)response.Contents.Single();
        Assert.IsTrue(content.Data.Span.StartsWith<byte>([0xFF, 0xD8]));
        using var image = MLImage.CreateFromStream(new MemoryStream(content.Data.ToArray()));
        Assert.AreEqual((32, 16), (image.Width, image.Height));
        Assert.AreEqual(2, steps.Max(s => s.Step));
        var direct = await s_pipeline.GenerateAsync(["A red dog."], null, s_sampling with { Seed = 3, Steps = 2, GuidanceScale = 1, Width = 32, Height = 16 }, cancellation: TestContext.CancellationToken);
        CollectionAssert.AreEqual(direct[0].Pixels, ((IReadOnlyList<GeneratedImage>)response.RawRepresentation!)[0].Pixels);

        // The abstraction's door for settings of an implementation's own.
        var raw = await s_generator.GenerateImagesAsync("A red dog.", new() { RawRepresentationFactory = _ => s_sampling with { Steps = 2, GuidanceScale = 1, Seed = 3, Width = 32, Height = 16 } }, TestContext.CancellationToken);
        CollectionAssert.AreEqual(direct[0].Pixels, Pixels((DataContent)raw.Contents.Single()));
    }

    [TestMethod]
    public async Task GenerateAsync_SettingThatIsNotObeyed_IsRefusedByName()
    {
        foreach (var (name, options) in new (string, ImageGenerationOptions)[]
        {
            ("ModelId", new() { ModelId = "other" }),
            ("MediaType", new() { MediaType = "image/webp" }),
            ("ResponseFormat", new() { ResponseFormat = ImageGenerationResponseFormat.Uri }),
            ("StreamingCount", new() { StreamingCount = 2 }),
            ("style", new() { AdditionalProperties = new() { ["style"] = "vivid" } }),
        })
        {
            Assert.Contains(name, (await Assert.ThrowsExactlyAsync<NotSupportedException>(() => Generate(options))).Message);
        }

        foreach (var (name, options) in new (string, ImageGenerationOptions)[]
        {
            ("Count", new() { Count = 0 }),
            ("seed", new() { AdditionalProperties = new() { ["seed"] = "many" } }),
            ("num_inference_steps", new() { AdditionalProperties = new() { ["num_inference_steps"] = null } }),
            ("negative_prompt", new() { AdditionalProperties = new() { ["negative_prompt"] = 4 } }),
            ("progress", new() { AdditionalProperties = new() { ["progress"] = "yes" } }),
            ("Width", new() { ImageSize = new Size(9, 8) }),
        })
        {
            Assert.Contains(name, (await Assert.ThrowsAsync<ArgumentException>(() => Generate(options))).Message);
        }

        Assert.Contains("OriginalImages", (await Assert.ThrowsExactlyAsync<NotSupportedException>(() => s_generator.EditImageAsync(new DataContent(ImageServer.Picture("x"), "image/png"), "A dog.", cancellationToken: TestContext.CancellationToken))).Message);
        Assert.Contains("Prompt", (await Assert.ThrowsAsync<ArgumentException>(() => s_generator.GenerateAsync(new(), cancellationToken: TestContext.CancellationToken))).Message);
        Assert.ThrowsExactly<ArgumentException>(() => s_pipeline.AsImageGenerator(new() { Seeds = [1] }));
    }

    [TestMethod]
    public async Task GenerateAsync_Cancelled_Ends()
    {
        using var cancellation = new CancellationTokenSource();
        var options = new ImageGenerationOptions { AdditionalProperties = new() { ["num_inference_steps"] = 500, ["progress"] = new Told<GenerationStep>(_ => cancellation.Cancel()) } };

        await Assert.ThrowsAsync<OperationCanceledException>(() => s_generator.GenerateAsync(new("A dog."), options, cancellation.Token));
    }

    [TestMethod]
    public void GetService_Generator_TellsModelAndPipeline()
    {
        var metadata = s_generator.GetService<ImageGeneratorMetadata>()!;

        Assert.AreEqual(("zsmlc", "tiny-sd"), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.AreSame(s_pipeline, s_generator.GetService<StableDiffusionPipeline>());
        Assert.AreSame(s_generator, s_generator.GetService<IImageGenerator>());
        Assert.IsNull(s_generator.GetService(typeof(IImageGenerator), "key"));
        Assert.IsNull(s_generator.GetService<string>());
    }

    private Task<ImageGenerationResponse> Generate(ImageGenerationOptions options) => s_generator.GenerateAsync(new("A dog."), options, TestContext.CancellationToken);

    private static byte[] Pixels(DataContent content)
    {
        using var scope = torch.NewDisposeScope();
        using var image = MLImage.CreateFromStream(new MemoryStream(content.Data.ToArray()));
        return ImagePixels.ToTensor(image).permute(1, 2, 0).contiguous().bytes.ToArray();
    }
}
