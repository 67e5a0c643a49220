using System.Text.Json.Serialization;
using TorchSharp.Modules;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion.Blocks;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Hub;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Autoencoder;

/// <summary>Sizes of an <c>AutoencoderTiny</c>, named as in its <c>config.json</c>; the defaults are TAESD's.</summary>
public sealed record AutoencoderTinyConfig
{
    /// <summary>Gets the network's class in the checkpoint.</summary>
    [JsonPropertyName("_class_name")]
    public string ClassName { get; init; } = "AutoencoderTiny";

    /// <summary>Gets the channels of the latents.</summary>
    public int LatentChannels { get; init; } = 4;

    /// <summary>Gets the channels of the decoder's levels; all are equal.</summary>
    public IReadOnlyList<int> DecoderBlockOutChannels { get; init; } = [64, 64, 64, 64];

    /// <summary>Gets the residual blocks of the decoder's levels.</summary>
    public IReadOnlyList<int> NumDecoderBlocks { get; init; } = [3, 3, 3, 1];

    /// <summary>Gets the factor between a pipeline's latents and those of this decoder. TAESD takes them as they are.</summary>
    public double ScalingFactor { get; init; } = 1;
}

/// <summary>
/// The decoder of TAESD, a tiny autoencoder for Stable Diffusion's latents: a hundredth of the work of
/// <see cref="AutoencoderKL"/>, good enough to judge a preview.
/// </summary>
public sealed class AutoencoderTiny : nn.Module<Tensor, Tensor>
{
    internal readonly TinyDecoder decoder;

    /// <summary>Creates the decoder with random weights.</summary>
    public AutoencoderTiny(AutoencoderTinyConfig config)
        : base(nameof(AutoencoderTiny))
    {
        if (config.ClassName != "AutoencoderTiny" || config.DecoderBlockOutChannels.Distinct().Count() != 1 || config.DecoderBlockOutChannels.Count != config.NumDecoderBlocks.Count)
        {
            throw new NotSupportedException($"The autoencoder '{config.ClassName}' with decoder channels [{string.Join(", ", config.DecoderBlockOutChannels)}] is not supported; expected AutoencoderTiny with equal channels in all levels.");
        }

        Config = config;
        decoder = new(config);
        RegisterComponents();
    }

    /// <summary>Gets the sizes.</summary>
    public AutoencoderTinyConfig Config { get; }

    /// <summary>Loads a diffusers folder (<c>config.json</c> and weights); the encoder's weights are not read.</summary>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="CheckpointMismatchException">The tensors are not those of the configuration.</exception>
    public static AutoencoderTiny FromPretrained(string folder, Device? device = null, ScalarType dtype = ScalarType.Float32)
    {
        TorchRuntime.EnsureLoaded();
        folder = ModelHub.Resolve(folder);
        var network = new AutoencoderTiny(ConfigJson.Read<AutoencoderTinyConfig>(Path.Combine(folder, "config.json")));
        using var checkpoint = Checkpoint.Open(folder);
        CheckpointLoader.LoadInto(network, checkpoint, n => n.StartsWith("encoder.", StringComparison.Ordinal) ? null : n);
        TorchSharp.ModuleExtensionMethods.to(network, dtype);
        TorchSharp.ModuleExtensionMethods.to(network, device ?? CPU);
        network.eval();
        return network.KeepAlive();
    }

    /// <summary>Decodes latents as the denoiser works on them.</summary>
    /// <param name="latents">[B, LatentChannels, h, w].</param>
    /// <returns>Pixels of about -1 to 1, [B, 3, H, W].</returns>
    public override Tensor forward(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var network = RunCache.Wide(this, () => new(Config)) ?? this;
        return network.decoder.forward((latents / Config.ScalingFactor).to(network.decoder.parameters().First().dtype)).MoveToOuterDisposeScope();
    }
}

/// <summary>Layers in one numbered list, as the checkpoint stores them.</summary>
internal sealed class TinyDecoder : nn.Module<Tensor, Tensor>
{
    internal readonly Sequential layers;

    public TinyDecoder(AutoencoderTinyConfig config)
        : base(nameof(TinyDecoder))
    {
        List<nn.Module<Tensor, Tensor>> list = [];
        var channels = config.DecoderBlockOutChannels[0];
        list.Add(Layers.Conv2d(config.LatentChannels, channels, kernel_size: 3, padding: 1));
        list.Add(nn.ReLU());
        for (var level = 0; level < config.NumDecoderBlocks.Count; level++)
        {
            var last = level == config.NumDecoderBlocks.Count - 1;
            list.AddRange(Enumerable.Range(0, config.NumDecoderBlocks[level]).Select(_ => new TinyBlock(channels)));
            if (!last)
            {
                list.Add(nn.Upsample(scale_factor: [2, 2], mode: UpsampleMode.Nearest));
            }

            list.Add(Layers.Conv2d(channels, last ? 3 : channels, kernel_size: 3, padding: 1, bias: last));
        }

        layers = nn.Sequential(list.Select((module, i) => ($"{i}", module)));
        RegisterComponents();
    }

    /// <summary>Clamps the latents smoothly, decodes, and brings 0..1 to -1..1.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return (layers.forward((x / 3).tanh() * 3) * 2 - 1).MoveToOuterDisposeScope();
    }
}

/// <summary>Three convolutions with a shortcut.</summary>
internal sealed class TinyBlock : nn.Module<Tensor, Tensor>
{
    internal readonly Sequential conv;

    public TinyBlock(int channels)
        : base(nameof(TinyBlock))
    {
        conv = nn.Sequential(
            Layers.Conv2d(channels, channels, kernel_size: 3, padding: 1), nn.ReLU(),
            Layers.Conv2d(channels, channels, kernel_size: 3, padding: 1), nn.ReLU(),
            Layers.Conv2d(channels, channels, kernel_size: 3, padding: 1));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return (conv.forward(x) + x).relu().MoveToOuterDisposeScope();
    }
}
