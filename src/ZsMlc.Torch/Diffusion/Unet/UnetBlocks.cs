using TorchSharp.Modules;
using ZsMlc.Torch.Diffusion.Blocks;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Unet;

/// <summary>A level on the way down.</summary>
internal sealed class DownBlock : nn.Module
{
    internal readonly ModuleList<ResnetBlock> resnets;
    internal readonly ModuleList<Transformer2D>? attentions;
    internal readonly ModuleList<Downsample>? downsamplers;

    public DownBlock(UnetConfig config, int level, int timeWidth)
        : base(nameof(DownBlock))
    {
        var outputs = config.BlockOutChannels[level];
        var inputs = config.BlockOutChannels[Math.Max(level - 1, 0)];
        resnets = nn.ModuleList(Enumerable.Range(0, config.LayersPerBlock)
            .Select(i => new ResnetBlock(i == 0 ? inputs : outputs, outputs, timeWidth, config.NormNumGroups, config.NormEps)).ToArray());
        if (config.DownBlockTypes[level] == "CrossAttnDownBlock2D")
        {
            attentions = nn.ModuleList(Enumerable.Range(0, config.LayersPerBlock)
                .Select(_ => new Transformer2D(outputs, level, config)).ToArray());
        }

        if (level < config.BlockOutChannels.Count - 1)
        {
            downsamplers = nn.ModuleList(new Downsample(outputs, asymmetric: false));
        }

        RegisterComponents();
    }
}

/// <summary>The middle of the network.</summary>
internal sealed class MidBlock : nn.Module
{
    internal readonly ModuleList<Transformer2D> attentions;
    internal readonly ModuleList<ResnetBlock> resnets;

    public MidBlock(UnetConfig config, int timeWidth)
        : base(nameof(MidBlock))
    {
        var last = config.BlockOutChannels.Count - 1;
        var channels = config.BlockOutChannels[last];
        attentions = nn.ModuleList(new Transformer2D(channels, last, config));
        resnets = nn.ModuleList(Enumerable.Range(0, 2).Select(_ => new ResnetBlock(channels, channels, timeWidth, config.NormNumGroups, config.NormEps)).ToArray());
        RegisterComponents();
    }
}

/// <summary>A level on the way up; each residual block takes a state of the way down as well.</summary>
internal sealed class UpBlock : nn.Module
{
    internal readonly ModuleList<Transformer2D>? attentions;
    internal readonly ModuleList<ResnetBlock> resnets;
    internal readonly ModuleList<Blocks.Upsample>? upsamplers;

    public UpBlock(UnetConfig config, int index, int timeWidth)
        : base(nameof(UpBlock))
    {
        var channels = config.BlockOutChannels;
        var level = channels.Count - 1 - index;
        var outputs = channels[level];
        var previous = channels[Math.Min(level + 1, channels.Count - 1)];
        var skipLast = channels[Math.Max(level - 1, 0)];
        var count = config.LayersPerBlock + 1;
        resnets = nn.ModuleList(Enumerable.Range(0, count)
            .Select(i => new ResnetBlock((i == 0 ? previous : outputs) + (i == count - 1 ? skipLast : outputs), outputs, timeWidth, config.NormNumGroups, config.NormEps)).ToArray());
        if (config.UpBlockTypes[index] == "CrossAttnUpBlock2D")
        {
            attentions = nn.ModuleList(Enumerable.Range(0, count)
                .Select(_ => new Transformer2D(outputs, level, config)).ToArray());
        }

        if (level > 0)
        {
            upsamplers = nn.ModuleList(new Blocks.Upsample(outputs));
        }

        RegisterComponents();
    }
}
