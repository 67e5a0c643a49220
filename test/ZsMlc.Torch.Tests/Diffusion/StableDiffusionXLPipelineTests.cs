using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

[TestClass]
public sealed class StableDiffusionXLPipelineTests
{
    private const double Limit = 3e-5, NoiseLimit = 3e-5, GradientLimit = 5e-5;

    private static readonly (string Run, string Spacing)[] s_runs =
        [("euler_5steps", "leading"), ("euler_zeros_5steps", "leading"), ("euler_empty_trailing_5steps", "trailing"), ("turbo_1step", "trailing")];

    public static IEnumerable<object[]> Runs => s_runs.Select(r => new object[] { r.Run, r.Spacing });

    [TestMethod]
    [DynamicData(nameof(Runs))]
    public void SampleWithGradients_GoldenNoise_GivesTheReferencesImage(string run, string spacing)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = GoldenSdxl.Open($"pipeline_{run}.safetensors");
        using var pipeline = GoldenSdxl.Pipeline();

        var (latents, pixels) = pipeline.SampleWithGradients(GoldenSdxl.Encode(pipeline.Conditioning, golden), golden.Read("initial_noise"), GoldenSdxl.Options(golden, spacing));

        Golden.AssertL2(golden.Read("final_latents"), latents, Limit, "latents");
        Golden.AssertL2(golden.Read("image_raw"), pixels, Limit, "pixels");
        Golden.AssertClose(golden.Read("image01"), (pixels / 2 + 0.5).clamp(0, 1), 0, 1e-4, "image");
        Golden.AssertClose(golden.Read("image_uint8_nhwc"), StableDiffusionPipeline.ToBytes(pixels), 0, 1, "bytes");
    }

    [TestMethod]
    [DynamicData(nameof(Runs))]
    public void Step_GoldenLatents_EveryStepIsTheReferences(string run, string spacing)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = GoldenSdxl.Open($"pipeline_{run}.safetensors");
        using var unet = GoldenModels.Unet(GoldenSdxl.Model);
        var options = GoldenSdxl.Options(golden, spacing);
        using var scheduler = Scheduler.Create(options.Scheduler!);
        scheduler.SetTimesteps(options.Steps);
        Golden.AssertL2(golden.Read("timesteps"), tensor(scheduler.Timesteps.ToArray()), 1e-6, "timesteps");
        Assert.AreEqual(golden.Read("init_noise_sigma").item<float>(), scheduler.InitNoiseSigma, 1e-5);
        UnetConditioning conditioning = new(golden.Read("encoder_hidden_states"), golden.Read("text_embeds"), golden.Read("add_time_ids"));
        for (var i = 0; i < options.Steps; i++)
        {
            var latents = golden.Read($"latents.{i}");
            var input = scheduler.ScaleModelInput(latents, i).repeat(conditioning.Count, 1, 1, 1);
            Golden.AssertL2(golden.Read($"model_input.{i}"), input, Limit, $"model input {i}");
            var output = unet.Predict(input, tensor([(float)scheduler.Timesteps[i]]), conditioning);
            if (golden.Names.Contains($"noise_uncond.{i}"))
            {
                var halves = output.chunk(2, 0);
                Golden.AssertL2(golden.Read($"noise_uncond.{i}"), halves[0], NoiseLimit, $"noise without text {i}");
                Golden.AssertL2(golden.Read($"noise_text.{i}"), halves[1], NoiseLimit, $"noise {i}");
                output = halves[0] + options.GuidanceScale * (halves[1] - halves[0]);
            }

            Golden.AssertL2(golden.Read(golden.Names.Contains($"noise.{i}") ? $"noise.{i}" : $"noise_guided.{i}"), output, 5e-5, $"guided noise {i}");
            Golden.AssertL2(golden.Read($"latents.{i + 1}"), scheduler.Step(output, i, latents), Limit, $"latents {i + 1}");
        }
    }

    [TestMethod]
    [DataRow("mean_raw_sq", false)]
    [DataRow("mean_raw_sq", true)]
    [DataRow("mean_image01_sq", false)]
    [DataRow("mean_image01_sq", true)]
    public void SampleWithGradients_Backward_HasTheReferencesGradients(string loss, bool checkpointing)
    {
        using var scope = NewDisposeScope();
        using var golden = GoldenSdxl.Open("grad_euler_3steps.safetensors");
        using var pipeline = GoldenSdxl.Pipeline();
        pipeline.Unet.GradientCheckpointing = checkpointing;
        foreach (var parameter in checkpointing ? pipeline.Unet.parameters().Concat(pipeline.Vae.parameters()) : [])
        {
            parameter.requires_grad_(false);
        }

        var (conditioning, outputs) = GoldenSdxl.EncodeOpenly(pipeline.Conditioning, golden);
        Golden.AssertL2(GoldenSdxl.Encode(pipeline.Conditioning, golden).States, conditioning.States, 0, "the same states as the family's");
        var (latents, pixels) = pipeline.SampleWithGradients(conditioning, golden.Read("initial_noise"), GoldenSdxl.Options(golden, "leading"));
        latents.retain_grad();
        var value = loss == "mean_raw_sq" ? pixels.pow(2).mean() : (pixels / 2 + 0.5).clamp(0, 1).pow(2).mean();
        value.backward();

        Golden.AssertL2(golden.Read("final_latents"), latents, Limit, "latents");
        Golden.AssertL2(golden.Read($"{loss}.loss"), value, GradientLimit, "loss");
        Golden.AssertL2(golden.Read($"{loss}.grad.final_latents"), latents.grad!, GradientLimit, "gradient of the latents");
        Assert.HasCount(6, outputs);
        foreach (var (name, output) in outputs)
        {
            Golden.AssertL2(golden.Read($"{loss}.grad.{name}"), output.grad!, GradientLimit, name);
        }

        var norms = GoldenModels.PathOf(GoldenSdxl.Model, "grad_euler_3steps.norms.json");
        foreach (var (part, encoder) in new[] { "text_encoder", "text_encoder_2" }.Zip(pipeline.Conditioning.Encoders))
        {
            GradientAssert.Norms(encoder.Network, norms, GradientLimit, $"{loss}/{part}");
            if (loss == "mean_raw_sq")
            {
                GradientAssert.Parameters(encoder.Network, golden, $"{loss}.grad.{part}.", GradientLimit);
                GradientAssert.TokenRows(encoder.Network, golden, $"{loss}.grad.{part}.", GradientLimit);
            }
        }

        if (!checkpointing)
        {
            GradientAssert.Norms(pipeline.Unet, norms, GradientLimit, $"{loss}/unet");
            GradientAssert.Norms(pipeline.Vae, norms, GradientLimit, $"{loss}/vae");
        }
    }

    [TestMethod]
    public void Networks_DoublePrecision_AgreeToTheNormEpsilons()
    {
        // The sinusoids of times and sizes are computed in single precision, whose last bit differs between versions of the reference.
        const double exact = 1e-7, withTime = 1e-6;
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = GoldenSdxl.Open("f64.safetensors");
        using var pipeline = GoldenSdxl.Pipeline(ScalarType.Float64);
        Tensor Wide(Tensor t) => t.to(ScalarType.Float64);
        foreach (var (part, encoder) in new[] { "text_encoder", "text_encoder_2" }.Zip(pipeline.Conditioning.Encoders))
        {
            using var text = GoldenSdxl.Open(part + ".safetensors");
            var ids = text.Read("input_ids");
            var (final, hidden) = encoder.Network.Encode(ids);
            Golden.AssertL2(golden.Read(part + ".penultimate"), hidden[^2], exact, part);
            if (encoder.Network.Config.HasProjection)
            {
                Golden.AssertL2(golden.Read(part + ".text_embeds"), encoder.Network.Pool(final, ids, encoder.Tokenizer.EndId), exact, "pooled");
                Golden.AssertL2(golden.Read(part + ".last_hidden_state.0"), final[..1], exact, "last_hidden_state");
            }
        }

        using var net = GoldenSdxl.Open("unet.safetensors");
        Tensor Predict(string prefix, string time) => pipeline.Unet.Predict(
            Wide(net.Read(prefix + "sample")), net.Read(prefix + time), new(Wide(net.Read(prefix + "encoder_hidden_states")), Wide(net.Read(prefix + "text_embeds")), net.Read(prefix + "time_ids")));
        Golden.AssertL2(golden.Read("unet.output"), Predict("", "timesteps"), withTime, "unet");
        Golden.AssertL2(golden.Read("unet.odd.output"), Predict("odd.", "timestep"), withTime, "unet, odd size");
        using var vae = GoldenSdxl.Open("vae.safetensors");
        var (mean, logVariance) = pipeline.Vae.Encode(Wide(vae.Read("image")));
        Golden.AssertL2(golden.Read("vae.mean"), mean, exact, "vae mean");
        Golden.AssertL2(golden.Read("vae.logvar"), logVariance, exact, "vae logvar");
        Golden.AssertL2(golden.Read("vae.decode_z.0"), pipeline.Vae.Decode(Wide(vae.Read("z")))[..1], exact, "vae decode");
    }

    [TestMethod]
    public void SampleWithGradients_DoublePrecision_AgreesWithTheReference()
    {
        const double withTime = 1e-5;
        using var scope = NewDisposeScope();
        using var exact = GoldenSdxl.Open("f64.safetensors");
        using var pipeline = GoldenSdxl.Pipeline(ScalarType.Float64);
        (Tensor Latents, Tensor Pixels) Sample(UnetConditioning conditioning, SafetensorsFile inputs, string spacing) =>
            pipeline.SampleWithGradients(conditioning, inputs.Read("initial_noise").to(ScalarType.Float64), GoldenSdxl.Options(inputs, spacing));

        using (no_grad())
        {
            foreach (var (name, run, spacing) in new[] { ("pipeline", "euler_5steps", "leading"), ("pipeline_zeros", "euler_zeros_5steps", "leading"), ("pipeline_turbo", "turbo_1step", "trailing") })
            {
                using var inputs = GoldenSdxl.Open($"pipeline_{run}.safetensors");
                Golden.AssertL2(exact.Read($"{name}.final_latents"), Sample(GoldenSdxl.Encode(pipeline.Conditioning, inputs), inputs, spacing).Latents, withTime, name);
            }
        }

        using var learnt = GoldenSdxl.Open("grad_euler_3steps.safetensors");
        var (conditioning, outputs) = GoldenSdxl.EncodeOpenly(pipeline.Conditioning, learnt);
        var loss = Sample(conditioning, learnt, "leading").Pixels.pow(2).mean();
        loss.backward();
        Golden.AssertL2(exact.Read("grad3.mean_raw_sq.loss"), loss, withTime, "loss");
        foreach (var (name, output) in outputs.Where(o => exact.Names.Contains($"grad3.mean_raw_sq.grad.{o.Key}")))
        {
            Golden.AssertL2(exact.Read($"grad3.mean_raw_sq.grad.{name}"), output.grad!, withTime, name);
        }
    }

    [TestMethod]
    public async Task FromPretrained_SavedFolder_GeneratesTheSame()
    {
        using var folder = new TemporaryFolder();
        var options = new GenerationOptions { Steps = 2, Height = 32, Width = 24 };
        using var pipeline = GoldenSdxl.Pipeline();
        pipeline.Save(folder.Path, ScalarType.Float32);
        using var read = StableDiffusionPipeline.FromPretrained(folder.Path);
        foreach (var negative in new[] { null, "", "b" })
        {
            var expected = await pipeline.GenerateAsync(["a c"], negative, options);
            var actual = await read.GenerateAsync(["a c"], negative, options);
            CollectionAssert.AreEqual(expected[0].Pixels, actual[0].Pixels);
        }
    }

    [TestMethod]
    public async Task GenerateAsync_AloneOrInABatch_GivesTheSameImages()
    {
        using var pipeline = GoldenSdxl.Pipeline();
        var options = new GenerationOptions { Steps = 3, BatchSize = 3, Height = 32, Width = 24 };
        string[] prompts = ["a cat", "", "two cups"];
        var batch = await pipeline.GenerateAsync(prompts, "blurry", options);
        var alone = await pipeline.GenerateAsync(prompts, "blurry", options with { BatchSize = 1 });
        for (var i = 0; i < prompts.Length; i++)
        {
            Assert.IsTrue(batch[i].Pixels.Zip(alone[i].Pixels).All(p => Math.Abs(p.First - p.Second) <= 1), $"image {i}");
        }

        CollectionAssert.AreNotEqual(batch[0].Pixels, batch[1].Pixels);
    }

    [TestMethod]
    public void FromPretrained_HalfPrecision_KeepsTheAutoencoderWideWhenItIsAskedTo()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = GoldenSdxl.Pipeline();
        pipeline.Save(folder.Path, ScalarType.Float32);
        using (var half = StableDiffusionPipeline.FromPretrained(folder.Path, dtype: ScalarType.Float16))
        {
            Assert.AreEqual(ScalarType.Float16, half.DType);
            Assert.AreEqual(ScalarType.Float32, half.Vae.post_quant_conv.weight.dtype);
            Assert.IsTrue(half.Conditioning.Encoders.All(e => e.Network.DType == ScalarType.Float16));
        }

        var config = File.ReadAllText(folder["vae/config.json"]);
        File.WriteAllText(folder["vae/config.json"], config.Replace("\"force_upcast\": true", "\"force_upcast\": false"));
        using var narrow = StableDiffusionPipeline.FromPretrained(folder.Path, dtype: ScalarType.Float16);
        Assert.AreEqual(ScalarType.Float16, narrow.Vae.post_quant_conv.weight.dtype);
    }

    [TestMethod]
    public void LoadTextEncoder_BothEncodersOfSdxl_AreReplacedOrNeither()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var folder = new TemporaryFolder();
        using var pipeline = GoldenSdxl.Pipeline();
        using var other = GoldenSdxl.Pipeline();
        foreach (var encoder in other.Conditioning.Encoders)
        {
            encoder.Network.text_model.final_layer_norm.bias!.fill_(7);
        }

        other.SaveTextEncoder(folder["tuned.safetensors"]);
        pipeline.LoadTextEncoder(folder["tuned.safetensors"]);
        Assert.IsTrue(pipeline.Conditioning.Encoders.All(e => e.Network.text_model.final_layer_norm.bias!.eq(7).all().item<bool>()));

        // A file of the first encoder alone, under the names of both, changes nothing.
        using var fresh = GoldenSdxl.Pipeline();
        using (var file = SafetensorsFile.Open(folder["tuned.safetensors"]))
        {
            SafetensorsWriter.Write(folder["half.safetensors"], file.Names.Where(n => n.StartsWith("text_encoder.", StringComparison.Ordinal)).Select(n => KeyValuePair.Create(n, file.Read(n))));
        }

        Assert.ThrowsExactly<CheckpointMismatchException>(() => fresh.LoadTextEncoder(folder["half.safetensors"]));
        Assert.IsFalse(fresh.Conditioning.Encoders.Any(e => e.Network.text_model.final_layer_norm.bias!.eq(7).all().item<bool>()));
    }

    [TestMethod]
    public async Task GenerateAsync_GuidanceOfOneOrLess_IsOff()
    {
        using var pipeline = GoldenSdxl.Pipeline();
        async Task<byte[]> Pixels(double guidance, string? negative) =>
            (await pipeline.GenerateAsync(["a cat"], negative, new() { Steps = 2, Height = 32, Width = 24, GuidanceScale = guidance }))[0].Pixels;
        var off = await Pixels(1, null);
        CollectionAssert.AreEqual(off, await Pixels(0, "a dog"));
        CollectionAssert.AreEqual(off, await Pixels(0.5, null));
        CollectionAssert.AreNotEqual(off, await Pixels(1.5, null));
    }
}
