using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Conditioning;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>The golden SDXL pipeline and the inputs of its runs.</summary>
internal static class GoldenSdxl
{
    public const string Model = "tiny-sdxl";

    public static SafetensorsFile Open(string file) => GoldenModels.Open(Model, file);

    public static StableDiffusionXLConditioning Conditioning(ScalarType dtype = ScalarType.Float32)
    {
        PromptEncoder Encoder(string part, int? padId)
        {
            var network = GoldenModels.TextEncoder(Model, dtype, part);
            return new(network, TinyTokenizer.Create(network.Config.VocabSize), padId);
        }

        return new(Encoder("text_encoder", null), Encoder("text_encoder_2", 0));
    }

    public static StableDiffusionPipeline Pipeline(ScalarType dtype = ScalarType.Float32) => new(
        Conditioning(dtype),
        GoldenModels.Unet(Model, dtype),
        GoldenModels.Vae(Model, dtype),
        ConfigJson.Read<SchedulerConfig>(Golden.PathOf("sdxl", Model, "scheduler", "scheduler_config.json")));

    /// <summary>The conditioning of a golden run from its token ids and sizes; the negative prompt first.</summary>
    public static UnetConditioning Encode(TextConditioning conditioning, SafetensorsFile golden)
    {
        UnetConditioning Part(string prompt, string sizes) =>
            conditioning.EncodeIds([golden.Read(prompt + "_input_ids"), golden.Read(prompt + "_input_ids_2")], Sizes(golden, sizes));

        var positive = Part("prompt", "time_ids");
        return golden.Read("guidance_scale").item<float>() <= 1 ? positive
            : UnetConditioning.Join(golden.Names.Contains("negative_input_ids") ? Part("negative", "negative_time_ids") : conditioning.EncodeNegative(null, Sizes(golden, "negative_time_ids")), positive);
    }

    /// <summary>As <see cref="Encode"/>, with the encoders' outputs at hand; the second encoder's penultimate states also lead to its pooled text.</summary>
    public static (UnetConditioning Conditioning, Dictionary<string, Tensor> Outputs) EncodeOpenly(TextConditioning conditioning, SafetensorsFile golden)
    {
        Dictionary<string, Tensor> outputs = [];
        UnetConditioning Part(string name, string sizes)
        {
            var (ids, ids2) = (golden.Read(name + "_input_ids"), golden.Read(name + "_input_ids_2"));
            var second = conditioning.Encoders[1];
            var first = conditioning.Encoders[0].Network.Encode(ids).Hidden[^2];
            var (final, hidden) = second.Network.Encode(ids2);
            var pooled = second.Network.Pool(final, ids2, second.Tokenizer.EndId);
            foreach (var (key, output) in new[] { ("states_1", first), ("states_2", hidden[^2]), ("pooled", pooled) })
            {
                output.retain_grad();
                outputs[$"{name}.{key}"] = output;
            }

            return new(cat([first, hidden[^2]], -1), pooled, golden.Read(sizes));
        }

        return (UnetConditioning.Join(Part("negative", "negative_time_ids"), Part("prompt", "time_ids")), outputs);
    }

    public static GenerationOptions Options(SafetensorsFile golden, string spacing) => new()
    {
        Steps = (int)golden.Info("timesteps").Count,
        GuidanceScale = golden.Read("guidance_scale").item<float>(),
        Scheduler = new() { ClassName = "EulerDiscreteScheduler", TimestepSpacing = spacing, StepsOffset = 1 },
    };

    private static ImageSizes Sizes(SafetensorsFile golden, string name)
    {
        using var values = golden.Read(name);
        var v = values.data<float>().ToArray();
        return new(v[0], v[1], v[2], v[3], v[4], v[5]);
    }
}
