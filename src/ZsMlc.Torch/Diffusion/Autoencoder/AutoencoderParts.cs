using TorchSharp.Modules;
using ZsMlc.Torch.Diffusion.Blocks;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Autoencoder;

/// <summary>Single-head self-attention over positions, in the middle of encoder and decoder.</summary>
internal sealed class AttentionBlock : nn.Module<Tensor, Tensor>
{
    internal readonly GroupNorm group_norm;
    internal readonly Linear to_q;
    internal readonly Linear to_k;
    internal readonly Linear to_v;
    internal readonly ModuleList<Linear> to_out;

    public AttentionBlock(int channels, int groups)
        : base(nameof(AttentionBlock))
    {
        group_norm = Layers.GroupNorm(groups, channels, 1e-6);
        to_q = Layers.Linear(channels, channels);
        to_k = Layers.Linear(channels, channels);
        to_v = Layers.Linear(channels, channels);
        to_out = nn.ModuleList(Layers.Linear(channels, channels));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var tokens = group_norm.Normalize(x).flatten(2).transpose(1, 2);
        var attended = nn.functional.scaled_dot_product_attention(to_q.forward(tokens).unsqueeze(1), to_k.forward(tokens).unsqueeze(1), to_v.forward(tokens).unsqueeze(1)).squeeze(1);
        var map = to_out[0].forward(attended).transpose(1, 2).reshape(x.shape);
        return (x + map).MoveToOuterDisposeScope();
    }
}

/// <summary>Two residual blocks with attention between.</summary>
internal sealed class AutoencoderMiddle : nn.Module<Tensor, Tensor>
{
    internal readonly ModuleList<AttentionBlock> attentions;
    internal readonly ModuleList<ResnetBlock> resnets;

    public AutoencoderMiddle(int channels, int groups)
        : base(nameof(AutoencoderMiddle))
    {
        attentions = nn.ModuleList(new AttentionBlock(channels, groups));
        resnets = nn.ModuleList(new ResnetBlock(channels, channels, null, groups, 1e-6), new ResnetBlock(channels, channels, null, groups, 1e-6));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return resnets[1].forward(attentions[0].forward(resnets[0].forward(x, null)), null).MoveToOuterDisposeScope();
    }
}

/// <summary>A level of the encoder.</summary>
internal sealed class EncoderLevel : nn.Module<Tensor, Tensor>
{
    internal readonly ModuleList<ResnetBlock> resnets;
    internal readonly ModuleList<Downsample>? downsamplers;

    public EncoderLevel(int inputs, int outputs, int layers, int groups, bool halve)
        : base(nameof(EncoderLevel))
    {
        resnets = nn.ModuleList(Enumerable.Range(0, layers).Select(i => new ResnetBlock(i == 0 ? inputs : outputs, outputs, null, groups, 1e-6)).ToArray());
        downsamplers = halve ? nn.ModuleList(new Downsample(outputs, asymmetric: true)) : null;
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = resnets.Aggregate(x, (h, resnet) => resnet.forward(h, null));
        return (downsamplers?[0].forward(x) ?? x).MoveToOuterDisposeScope();
    }
}

/// <summary>A level of the decoder.</summary>
internal sealed class DecoderLevel : nn.Module<Tensor, Tensor>
{
    internal readonly ModuleList<ResnetBlock> resnets;
    internal readonly ModuleList<Blocks.Upsample>? upsamplers;

    public DecoderLevel(int inputs, int outputs, int layers, int groups, bool enlarge)
        : base(nameof(DecoderLevel))
    {
        resnets = nn.ModuleList(Enumerable.Range(0, layers).Select(i => new ResnetBlock(i == 0 ? inputs : outputs, outputs, null, groups, 1e-6)).ToArray());
        upsamplers = enlarge ? nn.ModuleList(new Blocks.Upsample(outputs)) : null;
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = resnets.Aggregate(x, (h, resnet) => resnet.forward(h, null));
        return (upsamplers?[0].forward(x, null) ?? x).MoveToOuterDisposeScope();
    }
}

/// <summary>Image to the two halves (mean, log variance) of the latents' distribution.</summary>
internal sealed class Encoder : nn.Module<Tensor, Tensor>
{
    internal readonly Conv2d conv_in;
    internal readonly ModuleList<EncoderLevel> down_blocks;
    internal readonly AutoencoderMiddle mid_block;
    internal readonly GroupNorm conv_norm_out;
    internal readonly Conv2d conv_out;

    public Encoder(AutoencoderConfig config)
        : base(nameof(Encoder))
    {
        var channels = config.BlockOutChannels;
        conv_in = Layers.Conv2d(config.InChannels, channels[0], kernel_size: 3, padding: 1);
        down_blocks = nn.ModuleList(channels.Select((c, i) =>
            new EncoderLevel(channels[Math.Max(i - 1, 0)], c, config.LayersPerBlock, config.NormNumGroups, i < channels.Count - 1)).ToArray());
        mid_block = new(channels[^1], config.NormNumGroups);
        conv_norm_out = Layers.GroupNorm(config.NormNumGroups, channels[^1], 1e-6);
        conv_out = Layers.Conv2d(channels[^1], 2 * config.LatentChannels, kernel_size: 3, padding: 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = mid_block.forward(down_blocks.Aggregate(conv_in.Convolve(x), (h, level) => level.forward(h)));
        return conv_out.Convolve(conv_norm_out.NormalizeSilu(x)).MoveToOuterDisposeScope();
    }
}

/// <summary>Latents to image.</summary>
internal sealed class Decoder : nn.Module<Tensor, Tensor>
{
    internal readonly Conv2d conv_in;
    internal readonly AutoencoderMiddle mid_block;
    internal readonly ModuleList<DecoderLevel> up_blocks;
    internal readonly GroupNorm conv_norm_out;
    internal readonly Conv2d conv_out;

    public Decoder(AutoencoderConfig config)
        : base(nameof(Decoder))
    {
        var channels = config.BlockOutChannels.Reverse().ToArray();
        conv_in = Layers.Conv2d(config.LatentChannels, channels[0], kernel_size: 3, padding: 1);
        mid_block = new(channels[0], config.NormNumGroups);
        up_blocks = nn.ModuleList(channels.Select((c, i) =>
            new DecoderLevel(channels[Math.Max(i - 1, 0)], c, config.LayersPerBlock + 1, config.NormNumGroups, i < channels.Length - 1)).ToArray());
        conv_norm_out = Layers.GroupNorm(config.NormNumGroups, channels[^1], 1e-6);
        conv_out = Layers.Conv2d(channels[^1], config.OutChannels, kernel_size: 3, padding: 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor z)
    {
        using var scope = NewDisposeScope();
        var x = up_blocks.Aggregate(mid_block.forward(conv_in.Convolve(z)), (h, level) => level.forward(h));
        return conv_out.Convolve(conv_norm_out.NormalizeSilu(x)).MoveToOuterDisposeScope();
    }
}
