using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Diffusion.Blocks;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Unet;

/// <summary>Stable Diffusion's denoiser: a UNet with cross-attention to the text. Its fields keep the checkpoint's tensor names.</summary>
public sealed class UNet2DConditionModel : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    internal readonly Conv2d conv_in;
    internal readonly TimestepEmbedding time_embedding;
    internal readonly TimestepEmbedding? add_embedding;
    internal readonly ModuleList<DownBlock> down_blocks;
    internal readonly MidBlock? mid_block;
    internal readonly ModuleList<UpBlock> up_blocks;
    internal readonly GroupNorm conv_norm_out;
    internal readonly Conv2d conv_out;
    private int _slice;

    /// <summary>Creates the network with random weights.</summary>
    /// <exception cref="NotSupportedException">The configuration is of another architecture.</exception>
    public UNet2DConditionModel(UnetConfig config)
        : base(nameof(UNet2DConditionModel))
    {
        config.Validate();
        Config = config;
        var channels = config.BlockOutChannels;
        var timeWidth = channels[0] * 4;
        conv_in = Layers.Conv2d(config.InChannels, channels[0], kernel_size: 3, padding: 1);
        time_embedding = new(channels[0], timeWidth, config.TimeCondProjDim);
        add_embedding = config.AdditionEmbedType is null ? null : new(config.ProjectionClassEmbeddingsInputDim!.Value, timeWidth, null);
        down_blocks = nn.ModuleList(Enumerable.Range(0, channels.Count).Select(i => new DownBlock(config, i, timeWidth)).ToArray());
        mid_block = config.MidBlockType is null ? null : new(config, timeWidth);
        up_blocks = nn.ModuleList(Enumerable.Range(0, channels.Count).Select(i => new UpBlock(config, i, timeWidth)).ToArray());
        conv_norm_out = Layers.GroupNorm(config.NormNumGroups, channels[0], config.NormEps);
        conv_out = Layers.Conv2d(channels[0], config.OutChannels, kernel_size: 3, padding: 1);
        RegisterComponents();
    }

    /// <summary>Gets the sizes.</summary>
    public UnetConfig Config { get; }

    /// <summary>Gets or sets whether blocks are computed again during back-propagation instead of keeping their activations.</summary>
    public bool GradientCheckpointing { get; set; }

    /// <summary>Sets how many attention heads are computed at a time; 0 for all. Fewer heads need less memory.</summary>
    public void SetAttentionSlice(int heads)
    {
        _slice = heads;
        foreach (var module in modules().OfType<Attention>())
        {
            module.Slice = heads;
        }
    }

    /// <summary>Predicts as <see cref="Predict(Tensor, Tensor, UnetConditioning, Tensor?)"/> does, for networks that take text states alone.</summary>
    /// <param name="sample">Scaled latents [B, InChannels, H, W].</param>
    /// <param name="timesteps">Timesteps [B] or [1], integer or fractional.</param>
    /// <param name="context">Text states [B, L, CrossAttentionDim].</param>
    /// <returns>[B, OutChannels, H, W].</returns>
    public override Tensor forward(Tensor sample, Tensor timesteps, Tensor context) => Predict(sample, timesteps, new(context));

    /// <summary>Predicts noise, velocity or clean sample, as the checkpoint was trained.</summary>
    /// <param name="sample">Scaled latents [B, InChannels, H, W].</param>
    /// <param name="timesteps">Timesteps [B] or [1], integer or fractional.</param>
    /// <param name="conditioning">Text of B rows; pooled text and sizes where the configuration has an added embedding.</param>
    /// <param name="timeCondition">Guidance embedding [B, TimeCondProjDim] of LCM-distilled networks.</param>
    /// <returns>[B, OutChannels, H, W].</returns>
    /// <exception cref="ArgumentException">Pooled text or sizes are missing.</exception>
    public Tensor Predict(Tensor sample, Tensor timesteps, UnetConditioning conditioning, Tensor? timeCondition = null)
    {
        using var scope = NewDisposeScope();
        Tensor? deep = null;
        return Predict(sample, timesteps, conditioning, timeCondition, ref deep).MoveToOuterDisposeScope();
    }

    /// <summary>Predicts with the deep features of another call, or gives those of this one.</summary>
    /// <param name="sample">Scaled latents [B, InChannels, H, W].</param>
    /// <param name="timesteps">Timesteps [B] or [1], integer or fractional.</param>
    /// <param name="conditioning">Text of B rows; pooled text and sizes where the configuration has an added embedding.</param>
    /// <param name="timeCondition">Guidance embedding [B, TimeCondProjDim] of LCM-distilled networks.</param>
    /// <param name="deep">
    /// What comes up to the outermost level from the one below [B, channels of that, H, W]. With it the outermost level alone is
    /// computed; where it is <see langword="null"/> the whole network is, and it is set.
    /// </param>
    /// <returns>[B, OutChannels, H, W].</returns>
    internal Tensor Predict(Tensor sample, Tensor timesteps, UnetConditioning conditioning, Tensor? timeCondition, ref Tensor? deep)
    {
        if (RunCache.Wide(this, Another) is { } wide)
        {
            return Widely(wide, sample, timesteps, conditioning, timeCondition, ref deep);
        }

        using var scope = NewDisposeScope();
        var context = conditioning.States;
        if (timesteps.dim() == 0 || timesteps.shape[0] != 1)
        {
            timesteps = timesteps.expand(sample.shape[0]);
        }

        var time = time_embedding.forward(Sinusoids(timesteps, Config.BlockOutChannels[0], sample.dtype), timeCondition);
        if (add_embedding is not null)
        {
            time = time + add_embedding.forward(Added(conditioning, sample.dtype), null);
        }

        time = nn.functional.silu(time);
        var x = conv_in.Convolve(sample);
        List<Tensor> skips = [x];
        x = Down(down_blocks[0], x, time, context, skips);
        deep ??= Deep(x, time, context, skips).MoveToOuterDisposeScope();
        x = Up(up_blocks[^1], deep, time, context, skips);
        return conv_out.Convolve(conv_norm_out.NormalizeSilu(x)).MoveToOuterDisposeScope();
    }

    private UNet2DConditionModel Another()
    {
        UNet2DConditionModel another = new(Config);
        another.SetAttentionSlice(_slice);
        return another;
    }

    /// <summary>Predicts by a copy in single precision.</summary>
    private Tensor Widely(UNet2DConditionModel wide, Tensor sample, Tensor timesteps, UnetConditioning conditioning, Tensor? timeCondition, ref Tensor? deep)
    {
        using var scope = NewDisposeScope();

        // The copy keeps the text's keys and values for as long as its states are the same object.
        var states = RunCache.Of(this, "states", conditioning.States, () => conditioning.States.to(ScalarType.Float32));
        var texts = conditioning with { States = states!, Pooled = conditioning.Pooled?.to(ScalarType.Float32) };
        var isNew = deep is null;
        var result = wide.Predict(sample.to(ScalarType.Float32), timesteps, texts, timeCondition?.to(ScalarType.Float32), ref deep);
        if (isNew)
        {
            deep!.MoveToOuterDisposeScope();
        }

        return result.to(sample.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>All levels below the outermost.</summary>
    private Tensor Deep(Tensor x, Tensor time, Tensor context, List<Tensor> skips)
    {
        for (var level = 1; level < down_blocks.Count; level++)
        {
            x = down_blocks[level - 1].downsamplers![0].forward(x);
            skips.Add(x);
            x = Down(down_blocks[level], x, time, context, skips);
        }

        if (mid_block is not null)
        {
            x = Layer(mid_block.resnets[0], mid_block.attentions[0], x, time, context);
            x = Layer(mid_block.resnets[1], null, x, time, context);
        }

        foreach (var block in up_blocks.SkipLast(1))
        {
            // Odd sizes: the way up must meet the sizes of the way down.
            x = Up(block, x, time, context, skips);
            x = block.upsamplers![0].forward(x, (skips[^1].shape[2], skips[^1].shape[3]));
        }

        return x;
    }

    private Tensor Down(DownBlock block, Tensor x, Tensor time, Tensor context, List<Tensor> skips)
    {
        for (var i = 0; i < block.resnets.Count; i++)
        {
            x = Layer(block.resnets[i], block.attentions?[i], x, time, context);
            skips.Add(x);
        }

        return x;
    }

    private Tensor Up(UpBlock block, Tensor x, Tensor time, Tensor context, List<Tensor> skips)
    {
        for (var i = 0; i < block.resnets.Count; i++)
        {
            var joined = cat([x, skips[^1]], 1);
            skips.RemoveAt(skips.Count - 1);
            x = Layer(block.resnets[i], block.attentions?[i], joined, time, context);
        }

        return x;
    }

    private Tensor Sinusoids(Tensor values, int width, ScalarType type) =>
        TimestepEmbedding.Sinusoids(values, width, Config.FlipSinToCos, Config.FreqShift).to(type);

    /// <summary>Pooled text and the sinusoids of the sizes [B, ProjectionClassEmbeddingsInputDim].</summary>
    internal Tensor Added(UnetConditioning conditioning, ScalarType type)
    {
        if (conditioning is not { Pooled: { } pooled, Sizes: { } sizes })
        {
            throw new ArgumentException("This denoiser takes pooled text and sizes besides the text states.", nameof(conditioning));
        }

        var waves = Sinusoids(sizes.flatten(), Config.AdditionTimeEmbedDim!.Value, type);
        return cat([pooled, waves.view(sizes.shape[0], -1)], 1);
    }

    private Tensor Layer(ResnetBlock resnet, Transformer2D? attention, Tensor x, Tensor time, Tensor context)
    {
        if (GradientCheckpointing && is_grad_enabled())
        {
            // Only what the layers use may be an input: each gets a gradient.
            return attention is null
                ? Recompute.Run(inputs => resnet.forward(inputs[0], inputs[1]), [x, time])
                : Recompute.Run(inputs => Plain(resnet, attention, inputs[0], inputs[1], inputs[2]), [x, time, context]);
        }

        return Plain(resnet, attention, x, time, context);
    }

    private static Tensor Plain(ResnetBlock resnet, Transformer2D? attention, Tensor x, Tensor time, Tensor context)
    {
        var h = resnet.forward(x, time);
        if (attention is null)
        {
            return h;
        }

        using (h)
        {
            return attention.forward(h, context);
        }
    }
}
