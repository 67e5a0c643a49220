using TorchSharp.Modules;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>A 3×3 convolution of the image tower with a fusion branch beside it.</summary>
internal sealed class FusedConvolution : nn.Module<Tensor, Tensor>
{
    /// <summary>Convolutions with more input channels than this carry a branch.</summary>
    public const int MinimumChannels = 32;

    internal readonly Conv2d conv;
    internal readonly GlobalBranch global_branch;

    public FusedConvolution(int channels, FusionNorm kind, bool projection)
        : base(nameof(FusedConvolution))
    {
        conv = ModifiedResNet.PlainConvolution(channels);
        global_branch = new(channels, kind, projection);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return (conv.forward(x) + global_branch.forward(x)).MoveToOuterDisposeScope();
    }
}
