using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

[TestClass]
public sealed class StableDiffusionPipelineTests
{
    private const double LatentLimit = 3e-5, GradientLimit = 1e-4;

    private static StableDiffusionPipeline Load(string model, ScalarType dtype = ScalarType.Float32) =>
        Assemble(model, GoldenModels.TextEncoder(model, dtype), dtype);

    private static StableDiffusionPipeline Assemble(string model, ClipTextEncoder text, ScalarType dtype) =>
        new(text, GoldenModels.Unet(model, dtype), GoldenModels.Vae(model, dtype), TinyTokenizer.Create(text.Config.VocabSize),
            ConfigJson.Read<SchedulerConfig>(Golden.PathOf("sd", model, "scheduler", "scheduler_config.json")));

    [TestMethod]
    [DataRow("tiny-sd", "euler_5steps", "EulerDiscreteScheduler", "epsilon", false)]
    [DataRow("tiny-sd", "euler_5steps", "EulerDiscreteScheduler", "epsilon", true)]
    [DataRow("tiny-sd", "ddim_5steps", "DDIMScheduler", "epsilon", false)]
    [DataRow("tiny-sd", "ddim_5steps", "DDIMScheduler", "epsilon", true)]
    [DataRow("tiny-sd2", "ddim_v_5steps", "DDIMScheduler", "v_prediction", false)]
    [DataRow("tiny-sd2", "ddim_v_5steps", "DDIMScheduler", "v_prediction", true)]
    public void SampleWithGradients_GoldenNoise_GivesTheReferencesImage(string model, string run, string scheduler, string prediction, bool fused)
    {
        using var kernels = fused ? RunCache.Open() : null;
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = Golden.Open("sd", model + "-golden", $"pipeline_{run}.safetensors");
        using var pipeline = Load(model);
        var context = cat([pipeline.TextEncoder.forward(golden.Read("negative_input_ids")), pipeline.TextEncoder.forward(golden.Read("prompt_input_ids"))], 0);
        Golden.AssertL2(golden.Read("encoder_hidden_states"), context, 5e-6, "text states");
        var options = new GenerationOptions { Steps = (int)golden.Info("timesteps").Count, GuidanceScale = golden.Read("guidance_scale").item<float>(), Scheduler = Config(scheduler, prediction) };
        var (latents, pixels) = pipeline.SampleWithGradients(new(context), golden.Read("initial_noise"), options);
        Golden.AssertL2(golden.Read("final_latents"), latents, LatentLimit, "latents");
        Golden.AssertL2(golden.Read("image_raw"), pixels, LatentLimit, "pixels");
        Golden.AssertL2(golden.Read("image01"), (pixels / 2 + 0.5).clamp(0, 1), LatentLimit, "image");
        Golden.AssertClose(golden.Read("image_uint8_nhwc"), StableDiffusionPipeline.ToBytes(pixels), 0, 1, "bytes");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task GenerateAsync_UnpackedWeights_ChangesImagesByRoundingAndSeesChangedWeights(bool xl)
    {
        using var pipeline = xl ? TinyPipeline.CreateXL() : TinyPipeline.Create();
        var options = new GenerationOptions { Steps = 4, GuidanceScale = 2, BatchSize = 2, Seed = 3 };
        string[] prompts = ["a cat", "a dog", "a cup"];
        for (var round = 0; round < 2; round++)
        {
            var packed = await pipeline.GenerateAsync(prompts, options: options);
            var plain = await pipeline.GenerateAsync(prompts, options: options with { UnpackedWeights = true });

            Assert.IsTrue(packed.SelectMany(i => i.Pixels).Zip(plain.SelectMany(i => i.Pixels)).All(p => Math.Abs(p.First - p.Second) <= 1), $"round {round}");

            // A run keeps nothing for the next one.
            using var none = no_grad();
            pipeline.Unet.down_blocks[0].resnets[0].conv1.weight!.mul_(-2);
            pipeline.Unet.down_blocks[xl ? 1 : 0].attentions![0].transformer_blocks[0].attn2.to_k.weight!.mul_(3);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task GenerateAsync_BFloat16_IsAboutSinglePrecisionAndLeavesTheWeights(bool xl)
    {
        using var scope = NewDisposeScope();
        using var pipeline = xl ? TinyPipeline.CreateXL() : TinyPipeline.Create();
        List<nn.Module> networks = [.. pipeline.Conditioning.Encoders.Select(e => e.Network), pipeline.Unet, pipeline.Vae];
        networks.ForEach(n => n.to(ScalarType.BFloat16));
        var options = new GenerationOptions { Steps = 4, GuidanceScale = 2, BatchSize = 2, Seed = 3, FeatureReuse = 2 };
        var before = networks.SelectMany(n => n.parameters()).ToList();

        var half = await pipeline.GenerateAsync(["a cat", "a dog"], options: options);
        var unpacked = await pipeline.GenerateAsync(["a cat", "a dog"], options: options with { UnpackedWeights = true });

        Assert.IsTrue(networks.SelectMany(n => n.parameters()).SequenceEqual(before) && before.TrueForAll(p => p.dtype == ScalarType.BFloat16));
        networks.ForEach(n => n.to(ScalarType.Float32));
        var single = Pixels(await pipeline.GenerateAsync(["a cat", "a dog"], options: options));
        Golden.AssertL2(single, Pixels(half), 0.1, "packed");
        Golden.AssertL2(single, Pixels(unpacked), 0.1, "unpacked");

        static Tensor Pixels(IReadOnlyList<GeneratedImage> images) => tensor(images.SelectMany(i => i.Pixels).Select(p => (float)p).ToArray());
    }

    [TestMethod]
    [DataRow("tiny-sd", "euler_5steps", "EulerDiscreteScheduler", "epsilon")]
    [DataRow("tiny-sd", "ddim_5steps", "DDIMScheduler", "epsilon")]
    [DataRow("tiny-sd2", "ddim_v_5steps", "DDIMScheduler", "v_prediction")]
    public void Step_GoldenLatents_EveryStepIsTheReferences(string model, string run, string name, string prediction)
    {
        const double noiseLimit = 5e-5;
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = Golden.Open("sd", model + "-golden", $"pipeline_{run}.safetensors");
        using var unet = GoldenModels.Unet(model);
        using var scheduler = Scheduler.Create(Config(name, prediction));
        var timesteps = golden.Read("timesteps").to(ScalarType.Float64).data<double>().ToArray();
        scheduler.SetTimesteps(timesteps.Length);
        CollectionAssert.AreEqual(timesteps, scheduler.Timesteps.ToArray());
        Golden.AssertL2(golden.Read("latents.0"), golden.Read("initial_noise") * scheduler.InitNoiseSigma, LatentLimit, "first latents");
        for (var i = 0; i < timesteps.Length; i++)
        {
            var latents = golden.Read($"latents.{i}");
            var input = scheduler.ScaleModelInput(cat([latents, latents], 0), i);
            if (golden.Names.Contains($"model_input.{i}"))
            {
                Golden.AssertL2(golden.Read($"model_input.{i}"), input, LatentLimit, $"model input {i}");
            }

            var halves = unet.forward(input, tensor([(float)timesteps[i]]), golden.Read("encoder_hidden_states")).chunk(2, 0);
            Golden.AssertL2(golden.Read($"noise_uncond.{i}"), halves[0], noiseLimit, $"noise without text {i}");
            Golden.AssertL2(golden.Read($"noise_text.{i}"), halves[1], noiseLimit, $"noise {i}");
            var guided = halves[0] + golden.Read("guidance_scale") * (halves[1] - halves[0]);
            Golden.AssertL2(golden.Read($"noise_guided.{i}"), guided, noiseLimit, $"guided noise {i}");
            Golden.AssertL2(golden.Read($"latents.{i + 1}"), scheduler.Step(guided, i, latents), LatentLimit, $"latents {i + 1}");
        }
    }

    [TestMethod]
    [DataRow("tiny-sd", "euler_3steps", "EulerDiscreteScheduler", "epsilon", false)]
    [DataRow("tiny-sd", "euler_3steps", "EulerDiscreteScheduler", "epsilon", true)]
    [DataRow("tiny-sd2", "ddim_v_3steps", "DDIMScheduler", "v_prediction", false)]
    [DataRow("tiny-sd2", "ddim_v_3steps", "DDIMScheduler", "v_prediction", true)]
    public void SampleWithGradients_Backward_HasTheReferencesGradients(string model, string run, string scheduler, string prediction, bool checkpointing)
    {
        foreach (var loss in new[] { "mean_raw_sq", "mean_image01_sq" })
        {
            using var scope = NewDisposeScope();
            using var golden = Golden.Open("sd", model + "-golden", $"grad_{run}.safetensors");
            using var pipeline = Load(model);
            pipeline.Unet.GradientCheckpointing = checkpointing;
            foreach (var parameter in pipeline.Unet.parameters().Concat(pipeline.Vae.parameters()))
            {
                parameter.requires_grad_(false);
            }

            var negative = pipeline.TextEncoder.forward(golden.Read("negative_input_ids"));
            var prompt = pipeline.TextEncoder.forward(golden.Read("prompt_input_ids"));
            negative.retain_grad();
            prompt.retain_grad();
            var options = new GenerationOptions { Steps = (int)golden.Info("timesteps").Count, GuidanceScale = golden.Read("guidance_scale").item<float>(), Scheduler = Config(scheduler, prediction) };
            var (latents, pixels) = pipeline.SampleWithGradients(new(cat([negative, prompt], 0)), golden.Read("initial_noise"), options);
            latents.retain_grad();
            var value = loss == "mean_raw_sq" ? pixels.pow(2).mean() : (pixels / 2 + 0.5).clamp(0, 1).pow(2).mean();
            value.backward();
            Golden.AssertL2(golden.Read($"{loss}.loss"), value, GradientLimit, "loss");
            Golden.AssertL2(golden.Read($"{loss}.grad.final_latents"), latents.grad!, GradientLimit, "latents");
            Golden.AssertL2(golden.Read($"{loss}.grad.prompt_embeds"), prompt.grad!, GradientLimit, "prompt");
            Golden.AssertL2(golden.Read($"{loss}.grad.negative_embeds"), negative.grad!, GradientLimit, "negative prompt");
            GradientAssert.Parameters(pipeline.TextEncoder, golden, $"{loss}.grad.", GradientLimit);
            GradientAssert.Norms(pipeline.TextEncoder, Golden.PathOf("sd", model + "-golden", $"grad_{run}.norms.json"), GradientLimit, $"{loss}/text_encoder");
            GradientAssert.TokenRows(pipeline.TextEncoder, golden, $"{loss}.grad.", GradientLimit);
        }
    }

    [TestMethod]
    [DataRow("tiny-sd", "euler_3steps", "EulerDiscreteScheduler", "epsilon")]
    [DataRow("tiny-sd2", "ddim_v_3steps", "DDIMScheduler", "v_prediction")]
    public void SampleWithGradients_EveryWeightTrained_HasTheReferencesGradientNorms(string model, string run, string scheduler, string prediction)
    {
        foreach (var loss in new[] { "mean_raw_sq", "mean_image01_sq" })
        {
            using var scope = NewDisposeScope();
            using var golden = Golden.Open("sd", model + "-golden", $"grad_{run}.safetensors");
            using var pipeline = Load(model);
            var context = cat([pipeline.TextEncoder.forward(golden.Read("negative_input_ids")), pipeline.TextEncoder.forward(golden.Read("prompt_input_ids"))], 0);
            var options = new GenerationOptions { Steps = (int)golden.Info("timesteps").Count, GuidanceScale = golden.Read("guidance_scale").item<float>(), Scheduler = Config(scheduler, prediction) };
            var (_, pixels) = pipeline.SampleWithGradients(new(context), golden.Read("initial_noise"), options);
            (loss == "mean_raw_sq" ? pixels.pow(2).mean() : (pixels / 2 + 0.5).clamp(0, 1).pow(2).mean()).backward();
            var norms = Golden.PathOf("sd", model + "-golden", $"grad_{run}.norms.json");
            GradientAssert.Norms(pipeline.Unet, norms, GradientLimit, $"{loss}/unet");
            GradientAssert.Norms(pipeline.Vae, norms, GradientLimit, $"{loss}/vae");
        }
    }

    [TestMethod]
    [DataRow("tiny-sd", "euler", "EulerDiscreteScheduler", "epsilon")]
    [DataRow("tiny-sd2", "ddim_v", "DDIMScheduler", "v_prediction")]
    public void SampleWithGradients_DoublePrecision_AgreesWithTheReference(string model, string run, string scheduler, string prediction)
    {
        // The sinusoids of the timesteps are computed in single precision, in another order than the reference's.
        const double withTime = 1e-5;
        using var scope = NewDisposeScope();
        using var exact = Golden.Open("sd", model + "-golden", "f64.safetensors");
        using var sampled = Golden.Open("sd", model + "-golden", $"pipeline_{run}_5steps.safetensors");
        using var learnt = Golden.Open("sd", model + "-golden", $"grad_{run}_3steps.safetensors");
        using var net = Golden.Open("sd", model + "-golden", "unet.safetensors");
        using var pipeline = Load(model, ScalarType.Float64);
        (Tensor Latents, Tensor Pixels) Sample(SafetensorsFile inputs) => pipeline.SampleWithGradients(
            new(cat([pipeline.TextEncoder.forward(inputs.Read("negative_input_ids")), pipeline.TextEncoder.forward(inputs.Read("prompt_input_ids"))], 0)),
            inputs.Read("initial_noise").to(ScalarType.Float64),
            new() { Steps = (int)inputs.Info("timesteps").Count, GuidanceScale = inputs.Read("guidance_scale").item<float>(), Scheduler = Config(scheduler, prediction) });

        using (no_grad())
        {
            Golden.AssertL2(exact.Read("pipeline.final_latents"), Sample(sampled).Latents, withTime, "latents");
        }

        var loss = Sample(learnt).Pixels.pow(2).mean();
        loss.backward();
        Golden.AssertL2(exact.Read("grad3.mean_raw_sq.loss"), loss, withTime, "loss");
        GradientAssert.Parameters(pipeline.TextEncoder, exact, "grad3.mean_raw_sq.grad.", withTime);

        var context = net.Read("encoder_hidden_states").to(ScalarType.Float64).requires_grad_(true);
        var error = (pipeline.Unet.forward(net.Read("sample").to(ScalarType.Float64), net.Read("timesteps"), context) - net.Read("target").to(ScalarType.Float64)).pow(2).mean();
        error.backward();
        Golden.AssertL2(exact.Read("unet.grad.loss"), error, withTime, "unet loss");
        Golden.AssertL2(exact.Read("unet.grad.encoder_hidden_states.0"), context.grad![..1], withTime, "context");
    }

    [TestMethod]
    [DataRow("tiny-sd")]
    [DataRow("tiny-sd2")]
    public void Networks_DoublePrecision_AgreeToTheNormEpsilons(string model)
    {
        // The sinusoids are computed in single precision; where they are not bit-equal to the reference's the limit is 1e-5.
        const double exact = 1e-9, withTime = 1e-6;

        // The golden image is stored in single precision, which alone moves the encoder's output by 4e-8.
        const double stored = 1e-7;
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = Golden.Open("sd", model + "-golden", "f64.safetensors");
        using var text = Golden.Open("sd", model + "-golden", "text_encoder.safetensors");
        using var net = Golden.Open("sd", model + "-golden", "unet.safetensors");
        using var vae = Golden.Open("sd", model + "-golden", "vae.safetensors");
        using var pipeline = Load(model, ScalarType.Float64);
        Tensor Wide(Tensor t) => t.to(ScalarType.Float64);
        Golden.AssertL2(golden.Read("text_encoder.last_hidden_state"), pipeline.TextEncoder.forward(text.Read("input_ids")), exact, "text encoder");
        Golden.AssertL2(golden.Read("unet.output"), pipeline.Unet.forward(Wide(net.Read("sample")), net.Read("timesteps"), Wide(net.Read("encoder_hidden_states"))), withTime, "unet");
        Golden.AssertL2(golden.Read("unet.odd.output"), pipeline.Unet.forward(Wide(net.Read("odd.sample")), net.Read("odd.timestep"), Wide(net.Read("odd.encoder_hidden_states"))), withTime, "unet, odd size");
        var (mean, logVariance) = pipeline.Vae.Encode(Wide(vae.Read("image")));
        Golden.AssertL2(golden.Read("vae.mean"), mean, stored, "vae mean");
        Golden.AssertL2(golden.Read("vae.logvar"), logVariance, stored, "vae logvar");
        Golden.AssertL2(golden.Read("vae.decode_z.0"), pipeline.Vae.Decode(Wide(vae.Read("z")))[..1], exact, "vae decode");
    }

    [TestMethod]
    public async Task GenerateAsync_AloneOrInABatch_GivesTheSameImages()
    {
        using var pipeline = Load("tiny-sd");
        var options = new GenerationOptions { Steps = 4, BatchSize = 4, Height = 32, Width = 40 };
        string[] prompts = ["a cat", "a dog", "", "two cups"];
        var batch = await pipeline.GenerateAsync(prompts, "blurry", options);
        var again = await pipeline.GenerateAsync(prompts, "blurry", options);
        var alone = await pipeline.GenerateAsync(prompts, "blurry", options with { BatchSize = 1 });
        for (var i = 0; i < prompts.Length; i++)
        {
            CollectionAssert.AreEqual(batch[i].Pixels, again[i].Pixels, "A run is repeated bit by bit.");
            Assert.HasCount(32 * 40 * 3, batch[i].Pixels);

            // Sums run in another order in a batch: one grey level of difference at most.
            Assert.IsTrue(batch[i].Pixels.Zip(alone[i].Pixels).All(p => Math.Abs(p.First - p.Second) <= 1), $"image {i}");
        }

        CollectionAssert.AreNotEqual(batch[0].Pixels, batch[1].Pixels);
    }

    [TestMethod]
    public async Task GenerateAsync_OtherSeed_GivesAnotherImage()
    {
        using var pipeline = Load("tiny-sd");
        var options = new GenerationOptions { Steps = 2, Height = 32, Width = 32, GuidanceScale = 1 };
        var images = await pipeline.GenerateAsync(["a", "a"], null, options with { Seeds = [5, 6] });
        CollectionAssert.AreNotEqual(images[0].Pixels, images[1].Pixels);
        Assert.AreEqual(6, images[1].Seed);
    }

    [TestMethod]
    public async Task GenerateAsync_GuidanceOfOneOrLess_IsOff()
    {
        using var pipeline = Load("tiny-sd");
        async Task<byte[]> Pixels(double guidance, string prompt) =>
            (await pipeline.GenerateAsync([prompt], "a dog", new() { Steps = 2, Height = 32, Width = 32, GuidanceScale = guidance }))[0].Pixels;
        var off = await Pixels(1, "a cat");
        CollectionAssert.AreEqual(off, await Pixels(0, "a cat"));
        CollectionAssert.AreEqual(off, await Pixels(0.9, "a cat"));
        CollectionAssert.AreNotEqual(off, await Pixels(0, "two cups"), "The prompt counts without guidance.");
    }

    [TestMethod]
    [DataRow(0.4, 0.8, new[] { false, false, true, true, false })]
    [DataRow(0.0, 0.2, new[] { true, false, false, false, false })]
    [DataRow(0.5, 1.0, new[] { false, false, false, true, true })]
    public void SampleWithGradients_GuidanceInterval_GuidesTheStepsInside(double start, double end, bool[] guided)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = Golden.Open("sd", "tiny-sd-golden", "pipeline_ddim_5steps.safetensors");
        using var pipeline = Load("tiny-sd");
        var options = new GenerationOptions { Steps = 5, GuidanceScale = 4, GuidanceStart = start, GuidanceEnd = end, Scheduler = Config("DDIMScheduler", "epsilon") };
        var context = golden.Read("encoder_hidden_states");
        var states = context.chunk(2, 0);
        using var scheduler = Scheduler.Create(options.Scheduler);
        scheduler.SetTimesteps(5);
        var expected = golden.Read("initial_noise") * scheduler.InitNoiseSigma;
        for (var i = 0; i < 5; i++)
        {
            var (input, time) = (scheduler.ScaleModelInput(expected, i), tensor([(float)scheduler.Timesteps[i]]));
            var output = pipeline.Unet.forward(input, time, states[1]);
            if (guided[i])
            {
                var unconditional = pipeline.Unet.forward(input, time, states[0]);
                output = unconditional + 4 * (output - unconditional);
            }

            expected = scheduler.Step(output, i, expected);
        }

        var (latents, _) = pipeline.SampleWithGradients(new(context), golden.Read("initial_noise"), options);
        Golden.AssertL2(expected, latents, LatentLimit, "latents");
    }

    [TestMethod]
    public async Task GenerateAsync_GuidanceInterval_IsUsed()
    {
        using var pipeline = Load("tiny-sd");
        var options = new GenerationOptions { Steps = 4, Height = 32, Width = 32, GuidanceScale = 6, Seed = 9 };
        async Task<byte[]> Pixels(GenerationOptions o) => (await pipeline.GenerateAsync(["a cat"], "a dog", o))[0].Pixels;

        var unguided = await Pixels(options with { GuidanceScale = 1 });
        CollectionAssert.AreEqual(unguided, await Pixels(options with { GuidanceStart = 1 }));
        CollectionAssert.AreEqual(unguided, await Pixels(options with { GuidanceEnd = 0 }));
        var half = await Pixels(options with { GuidanceStart = 0.5 });
        CollectionAssert.AreNotEqual(unguided, half);
        CollectionAssert.AreNotEqual(await Pixels(options), half);
    }

    [TestMethod]
    [DataRow("EulerAncestralDiscreteScheduler")]
    [DataRow("DPMSolverMultistepScheduler")]
    [DataRow("LCMScheduler")]
    [DataRow("PNDMScheduler")]
    [DataRow("DDPMScheduler")]
    [DataRow("HeunDiscreteScheduler")]
    [DataRow("TCDScheduler")]
    [DataRow("UniPCMultistepScheduler")]
    public async Task GenerateAsync_EveryScheduler_IsIndependentOfTheBatch(string scheduler)
    {
        using var pipeline = Load("tiny-sd");
        var options = new GenerationOptions { Steps = 3, Height = 32, Width = 32, Scheduler = Config(scheduler, "epsilon"), BatchSize = 2 };
        var batch = await pipeline.GenerateAsync(["a cat", "a dog"], null, options);
        var alone = await pipeline.GenerateAsync(["a cat", "a dog"], null, options with { BatchSize = 1 });
        Assert.IsTrue(batch[1].Pixels.Zip(alone[1].Pixels).All(p => Math.Abs(p.First - p.Second) <= 1));
    }

    [TestMethod]
    public async Task GenerateAsync_PreviewRejects_AbandonsTheImage()
    {
        using var pipeline = Load("tiny-sd");
        var seen = new List<long[]>();
        var images = await pipeline.GenerateAsync(["a", "b"], null, new()
        {
            Steps = 4, Height = 32, Width = 32, PreviewStep = 2,
            Preview = (pixels, indices) =>
            {
                seen.Add(pixels.shape);
                return indices.Select(i => i == 1).ToList();
            },
        });
        Assert.IsTrue(images[0].IsAbandoned);
        Assert.IsFalse(images[1].IsAbandoned);
        CollectionAssert.AreEqual(new long[] { 2, 3, 32, 32 }, seen.Single());
    }

    [TestMethod]
    public async Task GenerateAsync_Cancelled_Throws()
    {
        using var pipeline = Load("tiny-sd");
        using var source = new CancellationTokenSource();
        var progress = new Stopper(source);
        await Assert.ThrowsAsync<OperationCanceledException>(() => pipeline.GenerateAsync(["a"], null, new() { Steps = 50, Height = 32, Width = 32 }, progress, source.Token));
        Assert.IsLessThan(5, progress.Reports);
    }

    [TestMethod]
    public async Task GenerateAsync_BadOptions_AreNamed()
    {
        using var pipeline = Load("tiny-sd");
        async Task Refused(GenerationOptions options, string name) =>
            StringAssert.Contains((await Assert.ThrowsAsync<ArgumentException>(() => pipeline.GenerateAsync(["a"], null, options))).Message, name);
        await Refused(new() { Height = 33 }, "Height");
        await Refused(new() { Width = 0 }, "Width");
        await Refused(new() { Steps = 0 }, "Steps");
        await Refused(new() { BatchSize = 0 }, "BatchSize");
        await Refused(new() { GuidanceScale = double.NaN }, "GuidanceScale");
        await Refused(new() { GuidanceStart = -0.1 }, "GuidanceStart");
        await Refused(new() { GuidanceStart = double.NaN }, "GuidanceStart");
        await Refused(new() { GuidanceEnd = 1.1 }, "GuidanceEnd");
        await Refused(new() { GuidanceStart = 0.5, GuidanceEnd = 0.4 }, "GuidanceEnd");
        await Refused(new() { Seeds = [1, 2] }, "seeds");
    }

    [TestMethod]
    public async Task GenerateAsync_NotANumberInTheWeights_IsReported()
    {
        using var pipeline = Load("tiny-sd");
        using (no_grad())
        {
            pipeline.Unet.conv_out.bias!.fill_(double.NaN);
        }

        StringAssert.Contains((await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => pipeline.GenerateAsync(["a"], null, new() { Steps = 1, Height = 32, Width = 32 }))).Message, "finite");
    }

    [TestMethod]
    public async Task GenerateAsync_PromptBeyondTheContext_IsCutWithAWarning()
    {
        using var pipeline = Load("tiny-sd");
        List<string> warnings = [];
        var options = new GenerationOptions { Steps = 1, Height = 32, Width = 32, Seeds = [3, 3, 3], Warning = warnings.Add };
        var room = pipeline.TextEncoder.Config.MaxPositionEmbeddings - 2;
        var fits = string.Join(' ', Enumerable.Repeat("a", room));

        var images = await pipeline.GenerateAsync([fits, fits + " b", fits + " b"], fits + " c c", options);

        CollectionAssert.AreEqual(images[0].Pixels, images[1].Pixels);
        Assert.HasCount(2, warnings);
        StringAssert.Contains(warnings[0], $"{room + 1} tokens is cut to {room}");
        StringAssert.Contains(warnings[1], $"{room + 2} tokens");
    }

    [TestMethod]
    public async Task FromPretrained_SavedFolder_GeneratesTheSame()
    {
        using var folder = new TemporaryFolder();
        var options = new GenerationOptions { Steps = 2, Height = 32, Width = 32 };
        using var pipeline = Load("tiny-sd2");
        pipeline.Save(folder.Path, ScalarType.Float32);
        using var read = StableDiffusionPipeline.FromPretrained(folder.Path);
        var expected = await pipeline.GenerateAsync(["a cat"], null, options);
        var actual = await read.GenerateAsync(["a cat"], null, options);
        CollectionAssert.AreEqual(expected[0].Pixels, actual[0].Pixels);
    }

    [TestMethod]
    [DataRow("""{"_class_name":"StableDiffusionXLImg2ImgPipeline"}""", "refiner")]
    [DataRow("""{"_class_name":"StableDiffusionXLPipeline","requires_aesthetics_score":true}""", "refiner")]
    [DataRow("""{"_class_name":"StableDiffusionInpaintPipeline"}""", "inpainting")]
    [DataRow("""{"_class_name":"StableDiffusionXLInpaintPipeline"}""", "inpainting")]
    [DataRow("""{"_class_name":"StableDiffusionControlNetPipeline"}""", "ControlNet")]
    [DataRow("""{"_class_name":"StableDiffusionXLControlNetPipeline"}""", "control image")]
    [DataRow("""{"_class_name":"StableDiffusionInstructPix2PixPipeline"}""", "instruct-pix2pix")]
    [DataRow("""{"_class_name":"DiTPipeline"}""", "DiTPipeline")]
    [DataRow("""{}""", "without a class name")]
    public void FromPretrained_OtherArchitecture_IsNamed(string index, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["model_index.json"], index);
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => StableDiffusionPipeline.FromPretrained(folder.Path)).Message, expected);
    }

    [TestMethod]
    public void FromPretrained_SingleFile_SaysHowToConvertIt()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["sd_xl_base_1.0.safetensors"], "");
        foreach (var path in new[] { folder["sd_xl_base_1.0.safetensors"], folder.Path })
        {
            var message = Assert.ThrowsExactly<NotSupportedException>(() => StableDiffusionPipeline.FromPretrained(path)).Message;
            StringAssert.Contains(message, "single-file checkpoint");
            StringAssert.Contains(message, "from_single_file(\"sd_xl_base_1.0.safetensors\").save_pretrained");
        }
    }

    [TestMethod]
    [DataRow(9, "inpainting")]
    [DataRow(8, "instruct-pix2pix")]
    public void FromPretrained_UnetThatNeedsAnImage_SaysWhatItIsFor(int channels, string purpose)
    {
        using var folder = new TemporaryFolder();
        using var pipeline = TinyPipeline.Create();
        pipeline.Save(folder.Path);
        var config = File.ReadAllText(folder["unet/config.json"]);
        File.WriteAllText(folder["unet/config.json"], config.Replace("\"in_channels\": 4", $"\"in_channels\": {channels}"));
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => StableDiffusionPipeline.FromPretrained(folder.Path)).Message, purpose);
    }

    [TestMethod]
    public void Constructor_OutdatedSchedulerOfStableDiffusion_IsTakenAsTheReferenceDoes()
    {
        using var pipeline = TinyPipeline.Create();
        using var other = new StableDiffusionPipeline(pipeline.Conditioning, pipeline.Unet, pipeline.Vae, new() { StepsOffset = 0, ClipSample = true });
        Assert.AreEqual((1, false), (other.SchedulerConfig.StepsOffset, other.SchedulerConfig.ClipSample));
        using var xl = TinyPipeline.CreateXL();
        using var plain = new StableDiffusionPipeline(xl.Conditioning, xl.Unet, xl.Vae, new() { StepsOffset = 0, ClipSample = true });
        Assert.AreEqual((0, true), (plain.SchedulerConfig.StepsOffset, plain.SchedulerConfig.ClipSample));
    }

    [TestMethod]
    [DataRow("HeunDiscreteScheduler", 3)]
    [DataRow("PNDMScheduler", 2)]
    public async Task GenerateAsync_SeveralCallsAStep_CountsAndPreviewsSteps(string scheduler, int previews)
    {
        using var pipeline = Load("tiny-sd");
        List<int> steps = [];
        var seen = 0;
        await pipeline.GenerateAsync(["a"], null, new()
        {
            Steps = 4, Height = 32, Width = 32, Scheduler = Config(scheduler, "epsilon"), PreviewStep = previews,
            Preview = (_, indices) =>
            {
                seen++;
                return [.. indices.Select(_ => true)];
            },
        }, new Steps(steps));
        Assert.AreEqual(1, seen);
        CollectionAssert.AreEqual(steps.Order().ToList(), steps);
        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4 }, steps.Distinct().ToArray());
    }

    [TestMethod]
    public void FromPretrained_MissingParts_AreNamed()
    {
        using var folder = new TemporaryFolder();
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => StableDiffusionPipeline.FromPretrained(folder["none"])).Message, "none");
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => StableDiffusionPipeline.FromPretrained(folder.Path)).Message, "model_index.json");
        using var pipeline = Load("tiny-sd");
        pipeline.Save(folder.Path);
        File.Delete(folder["vae/diffusion_pytorch_model.safetensors"]);
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => StableDiffusionPipeline.FromPretrained(folder.Path)).Message, "vae");
        File.WriteAllText(folder["unet/config.json"], """{"block_out_channels":"wide"}""");
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => StableDiffusionPipeline.FromPretrained(folder.Path)).Message, "unet");
    }

    private static SchedulerConfig Config(string name, string prediction) =>
        new() { ClassName = name, PredictionType = prediction, TimestepSpacing = "leading", StepsOffset = 1, SetAlphaToOne = name == "LCMScheduler" };

    private sealed class Steps(List<int> steps) : IProgress<GenerationStep>
    {
        public void Report(GenerationStep value) => steps.Add(value.Step);
    }

    private sealed class Stopper(CancellationTokenSource source) : IProgress<GenerationStep>
    {
        public int Reports { get; private set; }

        public void Report(GenerationStep value)
        {
            Reports++;
            source.Cancel();
        }
    }
}
