using ZsMlc.Benchmarks.Harness;
using ZsMlc.Torch.Diffusion.Unet;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>One step of the denoiser in every layout and precision.</summary>
internal sealed class Diffusion : IBenchmark
{
    private const int Tokens = 77;

    public string Name => "diffusion";

    public string Description => "Seconds of one UNet step without guidance: a tiny UNet (16² latents) and one of half Stable Diffusion's width (32² latents, that is 256² pixels).";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        List<Measurement> rows = [];
        foreach (var (size, config) in new[] { ("tiny", RandomModels.TinyUnet), ("half", RandomModels.MiddleUnet(options)) })
        {
            foreach (var (type, name) in DeviceClock.Precisions)
            {
                using var unet = RandomModels.Unet(config, options, type);
                foreach (var (layout, channelsLast, packed) in new[] { ("NCHW", false, false), ("channels-last", true, false), ("packed", false, true) })
                {
                    ChannelsLast.Weights(unet, channelsLast);
                    using var run = packed ? RunCache.Open() : null;
                    foreach (var batch in new[] { 1, 4 })
                    {
                        rows.Add(Step(options, unet, batch, channelsLast, $"{size}, {name}, {layout}, batch {batch}"));
                        rows.Add(Roofline.Share(rows[^1].Name, batch * Work.Denoising(unet, Tokens) / rows[^1].Median, type, options));
                    }
                }
            }
        }

        return rows;
    }

    private static Measurement Step(BenchmarkOptions options, UNet2DConditionModel unet, int batch, bool channelsLast, string name)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var (config, type, device) = (unet.Config, unet.conv_in.weight.dtype, options.Device);
        var sample = randn([batch, config.InChannels, config.SampleSize, config.SampleSize], device: device).to(type);
        sample = channelsLast ? ChannelsLast.Of(sample) : sample;
        var context = randn([batch, Tokens, config.CrossAttentionDim], device: device).to(type);
        var time = tensor(new[] { 500f }, device: device);
        return Measurement.Of(name, "s", Measurement.Time(() => DeviceClock.Run(options, () => unet.forward(sample, time, context)), options.Runs));
    }
}
