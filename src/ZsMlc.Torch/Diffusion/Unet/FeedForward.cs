using TorchSharp.Modules;
using ZsMlc.Torch.Diffusion.Blocks;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Unet;

/// <summary>A linear layer whose output is a value half times the GELU of a gate half.</summary>
internal sealed class Geglu : nn.Module<Tensor, Tensor>
{
    internal readonly Linear proj;

    public Geglu(int width, int hidden)
        : base(nameof(Geglu))
    {
        proj = Layers.Linear(width, 2 * hidden);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => proj.Gated(x);
}

/// <summary>The perceptron of a transformer block; index 1 is the checkpoint's dropout, which has no weights.</summary>
internal sealed class FeedForward : nn.Module<Tensor, Tensor, Tensor>
{
    internal readonly ModuleList<nn.Module<Tensor, Tensor>> net;

    public FeedForward(int width)
        : base(nameof(FeedForward))
    {
        net = nn.ModuleList<nn.Module<Tensor, Tensor>>(new Geglu(width, 4 * width), nn.Identity(), Layers.Linear(4 * width, width));
        RegisterComponents();
    }

    /// <summary>The perceptron of <paramref name="x"/>, plus <paramref name="residual"/>.</summary>
    public override Tensor forward(Tensor x, Tensor residual)
    {
        using var hidden = net[0].forward(x);
        return ((Linear)net[2]).Plus(hidden, residual);
    }
}
