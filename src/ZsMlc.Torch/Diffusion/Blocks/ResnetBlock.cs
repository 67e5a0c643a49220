using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Blocks;

/// <summary>The residual block of UNet and autoencoder: norm, SiLU, convolution, twice, with the time embedding added between.</summary>
internal sealed class ResnetBlock : nn.Module<Tensor, Tensor?, Tensor>
{
    internal readonly GroupNorm norm1;
    internal readonly Conv2d conv1;
    internal readonly Linear? time_emb_proj;
    internal readonly GroupNorm norm2;
    internal readonly Conv2d conv2;
    internal readonly Conv2d? conv_shortcut;

    /// <summary>Creates a block.</summary>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="timeWidth">Width of the time embedding, or null for a block without one.</param>
    /// <param name="groups">Groups of the norms.</param>
    /// <param name="eps">Epsilon of the norms.</param>
    public ResnetBlock(int inputs, int outputs, int? timeWidth, int groups, double eps)
        : base(nameof(ResnetBlock))
    {
        norm1 = Layers.GroupNorm(groups, inputs, eps);
        conv1 = Layers.Conv2d(inputs, outputs, kernel_size: 3, padding: 1);
        time_emb_proj = timeWidth is { } width ? Layers.Linear(width, outputs) : null;
        norm2 = Layers.GroupNorm(groups, outputs, eps);
        conv2 = Layers.Conv2d(outputs, outputs, kernel_size: 3, padding: 1);
        conv_shortcut = inputs == outputs ? null : Layers.Conv2d(inputs, outputs, kernel_size: 1);
        RegisterComponents();
    }

    /// <summary>Computes the block.</summary>
    /// <param name="x">[B, inputs, H, W].</param>
    /// <param name="time">SiLU of the time embedding, [1, timeWidth] or [B, timeWidth]; null for a block without one.</param>
    /// <returns>[B, outputs, H, W].</returns>
    public override Tensor forward(Tensor x, Tensor? time)
    {
        using var scope = NewDisposeScope();
        var shift = time is null ? null : time_emb_proj?.forward(time);
        var h = conv1.Convolve(norm1.NormalizeSilu(x), shift);
        return conv2.Convolve(norm2.NormalizeSilu(h), residual: conv_shortcut?.Convolve(x) ?? x).MoveToOuterDisposeScope();
    }
}
