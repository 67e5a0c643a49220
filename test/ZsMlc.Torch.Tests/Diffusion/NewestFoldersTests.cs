using System.Text.Json;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>Folders as today's libraries write them, and the images that these libraries make from them.</summary>
[TestClass]
public sealed class NewestFoldersTests
{
    private const string Part = "newest";

    private static readonly (long Seed, string Prompt, string Negative) s_texts = Texts();

    public static IEnumerable<object[]> Images
    {
        get
        {
            using var expected = Golden.Open(Part, "expected.safetensors");
            return expected.Names.Where(n => n.StartsWith("sd.", StringComparison.Ordinal) && n.EndsWith(".image", StringComparison.Ordinal))
                .SelectMany(n => new[] { "sd", "sd_sharded" }, (n, folder) => new object[] { folder, n.Split('.')[1] }).ToList();
        }
    }

    [TestMethod]
    [DynamicData(nameof(Images))]
    public void SampleWithGradients_EveryScheduler_GivesTheReferencesImage(string folder, string name)
    {
        using var expected = Golden.Open(Part, "expected.safetensors");
        using var whole = new TemporaryFolder();
        using var pipeline = StableDiffusionPipeline.FromPretrained(Folder(folder, whole));
        var options = new GenerationOptions
        {
            Steps = 6, GuidanceScale = 4,
            Scheduler = name == "dpm" ? null : SchedulerSettings.Read(Golden.PathOf(Part, "schedulers", name, "scheduler_config.json")),
        };
        AssertImage(expected, $"sd.{name}.image", pipeline, options, name == "ddim" ? 2e-3 : 1e-4);
    }

    [TestMethod]
    public void SampleWithGradients_Sdxl_GivesTheReferencesImage()
    {
        using var expected = Golden.Open(Part, "expected.safetensors");
        using var pipeline = StableDiffusionPipeline.FromPretrained(Golden.PathOf(Part, "sdxl"));
        AssertImage(expected, "sdxl.euler.image", pipeline, new() { Steps = 5, GuidanceScale = 4 }, 1e-4);
    }

    [TestMethod]
    public void FromPretrained_HalfPrecisionFilesAlone_AreTheSameWeightsRounded()
    {
        using var scope = NewDisposeScope();
        using var whole = StableDiffusionPipeline.FromPretrained(Golden.PathOf(Part, "sd_sharded"));
        foreach (var dtype in new[] { ScalarType.Float32, ScalarType.Float16 })
        {
            using var half = StableDiffusionPipeline.FromPretrained(Golden.PathOf(Part, "sd_fp16"), dtype: dtype);
            Assert.AreEqual(dtype, half.DType);
            foreach (var (one, other) in new[] { ((nn.Module)whole.Unet, (nn.Module)half.Unet), (whole.Vae, half.Vae), (whole.TextEncoder, half.TextEncoder) })
            {
                var state = other.state_dict();
                foreach (var (name, tensor) in one.state_dict())
                {
                    Golden.AssertL2(tensor.to(ScalarType.Float16), state[name].to(ScalarType.Float16), 0, name);
                }
            }
        }
    }

    [TestMethod]
    public void Tokenize_TokenizerJsonAlone_GivesTheReferencesIds()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var expected = Golden.Open(Part, "expected.safetensors");
        using var pipeline = StableDiffusionPipeline.FromPretrained(Golden.PathOf(Part, "sd_sharded"));
        var encoder = pipeline.Conditioning.Encoders[0];

        var ids = encoder.Tokenize([s_texts.Prompt, s_texts.Negative, "dogs, cups & an umbrella's bus"]);

        CollectionAssert.AreEqual(expected.Info("sd.input_ids").Shape.ToArray(), ids.shape);
        CollectionAssert.AreEqual(expected.Read("sd.input_ids").data<long>().ToArray(), ids.data<long>().ToArray());
        Golden.AssertL2(expected.Read("sd.text_states"), encoder.Network.forward(expected.Read("sd.input_ids")[..1]), 1e-5, "text states");
    }

    private static void AssertImage(SafetensorsFile expected, string name, StableDiffusionPipeline pipeline, GenerationOptions options, double limit)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var generator = new Generator((ulong)s_texts.Seed, CPU);
        var (size, factor) = (expected.Info(name).Shape, pipeline.Vae.Config.SpatialFactor);
        options = options with { Height = (int)size[0], Width = (int)size[1] };
        Tensor Noise() => randn([1, pipeline.Unet.Config.InChannels, size[0] / factor, size[1] / factor], generator: generator);
        var first = Noise();
        if (expected.Names.Contains("sd.latents0") && pipeline.Unet.Config.AdditionEmbedType is null)
        {
            Golden.AssertClose(expected.Read("sd.latents0"), first, 0, 1e-6, "first noise");
        }

        var (_, pixels) = pipeline.SampleWithGradients(pipeline.Condition([s_texts.Prompt], s_texts.Negative, options), first, options, freshNoise: Noise);

        Golden.AssertClose(expected.Read(name), (pixels / 2 + 0.5).clamp(0, 1)[0].permute(1, 2, 0), 0, limit, name);
    }

    // The set beside the tests has the shards alone: the same weights in single files are made of them.
    private static string Folder(string name, TemporaryFolder made)
    {
        var path = Golden.PathOf(Part, name);
        if (Directory.Exists(path))
        {
            return path;
        }

        var shards = Golden.PathOf(Part, "sd_sharded");
        foreach (var file in Directory.EnumerateFiles(shards, "*.json", SearchOption.AllDirectories).Where(f => !f.EndsWith(".index.json", StringComparison.Ordinal)))
        {
            var target = made[Path.GetRelativePath(shards, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        using var scope = NewDisposeScope();
        foreach (var (part, stem) in new[] { ("text_encoder", "model"), ("unet", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model") })
        {
            using var checkpoint = Checkpoint.Open(Path.Combine(shards, part));
            SafetensorsWriter.Write(made[$"{part}/{stem}.safetensors"], checkpoint.Names.Select(n => KeyValuePair.Create(n, checkpoint.Read(n))).ToList());
        }

        return made.Path;
    }

    private static (long Seed, string Prompt, string Negative) Texts()
    {
        var path = Golden.PathOf(Part, "texts.json");
        if (!File.Exists(path))
        {
            return (101, "A photo of a dog next to a cup", "cake");
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = document.RootElement;
        return (root.GetProperty("seed").GetInt64(), root.GetProperty("prompt").GetString()!, root.GetProperty("negative").GetString()!);
    }
}
