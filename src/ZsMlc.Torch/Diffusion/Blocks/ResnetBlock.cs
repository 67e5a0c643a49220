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

    public override Tensor forward(Tensor x, Tensor? time)
    {
        using var scope = NewDisposeScope();
        var h = conv1.forward(nn.functional.silu(norm1.forward(x)));
        if (time_emb_proj is not null && time is not null)
        {
            h = h + time_emb_proj.forward(nn.functional.silu(time)).unsqueeze(-1).unsqueeze(-1);
        }

        h = conv2.forward(nn.functional.silu(norm2.forward(h)));
        return ((conv_shortcut?.forward(x) ?? x) + h).MoveToOuterDisposeScope();
    }
}
