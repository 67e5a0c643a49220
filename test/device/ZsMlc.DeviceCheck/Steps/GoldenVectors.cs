using TorchSharp;
using ZsMlc.DeviceCheck.Harness;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Tests;
using ZsMlc.Torch.Tests.Classification;
using ZsMlc.Torch.Tests.Diffusion;
using static TorchSharp.torch;

namespace ZsMlc.DeviceCheck.Steps;

/// <summary>Runs the networks of the tests' golden vectors on a device and measures how far the results are from them.</summary>
/// <param name="device">The device.</param>
/// <param name="values">Largest relative L2 distance of a result.</param>
/// <param name="gradients">Largest relative L2 distance of a gradient; NaN where gradients are not asked for.</param>
/// <param name="type">Element type that the networks compute in.</param>
internal sealed class GoldenVectors(Device device, double values, double gradients, ScalarType type = ScalarType.Float32)
{
    private const string Model = "tiny-sd2", Vectors = "tiny-sd2-golden";

    /// <summary>All networks, each on its own: one that fails does not hide the others.</summary>
    public IEnumerable<Finding> Check()
    {
        List<(string Name, Func<List<Finding>> Check)> checks =
        [
            ("CLIP resnet", () => Clip("resnet")), ("CLIP vit", () => Clip("vit")), ("classifier", Classifier),
            ("text encoder", TextEncoder), ("UNet", Unet), ("VAE", Vae), ("pipeline", Pipeline),
        ];
        if (!double.IsNaN(gradients))
        {
            checks.AddRange([("classifier gradients", ClassifierGradients), ("UNet gradients", () => UnetGradients(false)), ("UNet gradients, recomputed", () => UnetGradients(true))]);
        }

        return checks.SelectMany(c => Guard(c.Name, c.Check));
    }

    private static List<Finding> Guard(string name, Func<List<Finding>> check)
    {
        using var scope = NewDisposeScope();
        try
        {
            return [.. check().Select(f => f with { Name = $"{name}, {f.Name}" })];
        }
        catch (Exception error)
        {
            Console.Error.WriteLine(error);
            return [Finding.Failure(name, $"{error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}")];
        }
    }

    private List<Finding> Clip(string name)
    {
        using var none = no_grad();
        using var io = Golden.Open("clip", $"{name}_io.safetensors");
        using var model = ClipModel.FromPretrained(Golden.PathOf("clip", $"{name}.pt"), device, type);
        var (images, ids) = (Float(io, "images"), io.Read("ids").to(device));
        return
        [
            Value("image features", io.Read("image_features"), model.EncodeImage(images)),
            Value("text features", io.Read("text_features"), model.EncodeText(ids)),
            Value("logits", io.Read("logits"), model.forward(images, ids)),
        ];
    }

    private FusionClassifier LoadClassifier(SafetensorsFile io)
    {
        var classifier = GoldenClassifier.Load(labels: io.Read("cls_seen").data<long>().ToArray());
        classifier.to(device);
        classifier.ComputeType = type == ScalarType.Float32 ? null : type;
        return classifier;
    }

    private List<Finding> Classifier()
    {
        using var none = no_grad();
        using var io = Golden.Open("classifier", "tiny_io.safetensors");
        using var classifier = LoadClassifier(io);
        return [Value("logits", io.Read("train_logits_seen"), classifier.forward(io.Read("images").to(ScalarType.Float32).to(device)))];
    }

    private List<Finding> ClassifierGradients()
    {
        using var io = Golden.Open("classifier", "tiny_io.safetensors");
        using var classifier = LoadClassifier(io);
        var targets = io.Read("targets_all").index_select(1, io.Read("cls_seen")).to(ScalarType.Float32).to(device);
        var loss = new AsymmetricLoss().Pair(classifier.forward(io.Read("images").to(ScalarType.Float32).to(device)), targets);
        loss.backward();
        var learnt = classifier.ContextParameters().Concat(classifier.FusionParameters())
            .Where(p => !p.Name.EndsWith("agg_attn.bias", StringComparison.Ordinal)); // of gradient zero but for rounding
        return
        [
            Value("loss", io.Read("train_loss_w1").squeeze(), loss),
            Gradient("all gradients", learnt.Select(p => (io.Read($"grad_w1.{p.Name}"), p.Parameter.grad!))),
        ];
    }

    private List<Finding> TextEncoder()
    {
        using var none = no_grad();
        using var golden = Golden.Open("sd", Vectors, "text_encoder.safetensors");
        using var encoder = OnDevice(GoldenModels.TextEncoder(Model));
        return [Value("states", golden.Read("last_hidden_state"), encoder.forward(golden.Read("input_ids").to(device)))];
    }

    private List<Finding> Unet()
    {
        using var none = no_grad();
        using var golden = Golden.Open("sd", Vectors, "unet.safetensors");
        using var unet = OnDevice(GoldenModels.Unet(Model));
        Tensor Predict() => unet.forward(Float(golden, "sample"), golden.Read("timesteps").to(device), Float(golden, "encoder_hidden_states"));
        var whole = Value("prediction", golden.Read("output"), Predict());
        unet.SetAttentionSlice(1);
        return [whole, Value("prediction, sliced attention", golden.Read("output"), Predict())];
    }

    private List<Finding> UnetGradients(bool recomputed)
    {
        using var golden = Golden.Open("sd", Vectors, "unet.safetensors");
        using var unet = OnDevice(GoldenModels.Unet(Model));
        if (recomputed)
        {
            foreach (var parameter in unet.parameters())
            {
                parameter.requires_grad_(false);
            }
        }

        unet.GradientCheckpointing = recomputed;
        var sample = Float(golden, "sample").requires_grad_();
        var context = Float(golden, "encoder_hidden_states").requires_grad_();
        var loss = (unet.forward(sample, golden.Read("timesteps").to(device), context) - Float(golden, "target")).pow(2).mean();
        loss.backward();
        return
        [
            Gradient("sample", [(golden.Read("grad.sample"), sample.grad!)]),
            Gradient("context", [(golden.Read("grad.encoder_hidden_states"), context.grad!)]),
        ];
    }

    private List<Finding> Vae()
    {
        using var none = no_grad();
        using var golden = Golden.Open("sd", Vectors, "vae.safetensors");
        using var vae = OnDevice(GoldenModels.Vae(Model));
        return
        [
            Value("mean", golden.Read("mean"), vae.Encode(Float(golden, "image")).Mean),
            Value("pixels", golden.Read("decode_z"), vae.Decode(Float(golden, "z"))),
        ];
    }

    private List<Finding> Pipeline()
    {
        using var none = no_grad();
        using var golden = Golden.Open("sd", Vectors, "pipeline_ddim_v_5steps.safetensors");
        var text = OnDevice(GoldenModels.TextEncoder(Model));
        using StableDiffusionPipeline pipeline = new(
            text, OnDevice(GoldenModels.Unet(Model)), OnDevice(GoldenModels.Vae(Model)),
            TinyTokenizer.Create(text.Config.VocabSize), ConfigJson.Read<SchedulerConfig>(Golden.PathOf("sd", Model, "scheduler", "scheduler_config.json")));
        var context = cat([pipeline.TextEncoder.forward(golden.Read("negative_input_ids").to(device)), pipeline.TextEncoder.forward(golden.Read("prompt_input_ids").to(device))], 0);
        var options = new GenerationOptions
        {
            Steps = (int)golden.Info("timesteps").Count, GuidanceScale = golden.Read("guidance_scale").item<float>(),
            Scheduler = new() { ClassName = "DDIMScheduler", PredictionType = "v_prediction", TimestepSpacing = "leading", StepsOffset = 1, SetAlphaToOne = false },
        };
        var (latents, pixels) = pipeline.SampleWithGradients(new(context), golden.Read("initial_noise").to(device), options);
        return [Value("latents", golden.Read("final_latents"), latents), Value("pixels", golden.Read("image_raw"), pixels)];
    }

    private T OnDevice<T>(T module)
        where T : nn.Module
    {
        module.to(type);
        module.to(device);
        return module;
    }

    private Tensor Float(SafetensorsFile file, string name) => file.Read(name).to(type).to(device);

    private Finding Value(string name, Tensor expected, Tensor actual) => Distance(name, [(expected, actual)], values);

    private Finding Gradient(string name, IEnumerable<(Tensor, Tensor)> pairs) => Distance(name, pairs, gradients);

    /// <summary>‖expected - actual‖ / ‖expected‖ over all tensors together. Not a number never passes.</summary>
    private static Finding Distance(string name, IEnumerable<(Tensor Expected, Tensor Actual)> pairs, double limit)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        double difference = 0, norm = 0;
        foreach (var (expected, actual) in pairs)
        {
            var e = expected.to(ScalarType.Float64).cpu();
            difference += (e - actual.to(ScalarType.Float64).cpu()).pow(2).sum().item<double>();
            norm += e.pow(2).sum().item<double>();
        }

        return new(name, Math.Sqrt(difference / norm), "relative L2", limit);
    }
}
