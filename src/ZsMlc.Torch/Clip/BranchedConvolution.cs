using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>A convolution of the image tower with a branch beside it, y = conv(x) + G(x).</summary>
internal sealed class BranchedConvolution : nn.Module<Tensor, Tensor>
{
    internal readonly Conv2d conv;
    internal readonly TowerBranch global_branch;

    public BranchedConvolution(Conv2d convolution, TowerBranch branch)
        : base(nameof(BranchedConvolution))
    {
        (conv, global_branch) = (convolution, branch);
        RegisterComponents();
    }

    /// <summary>The name that a tensor of such a tower has in a tower without branches.</summary>
    public static string PlainName(string name) => name.Replace(".conv2.conv.", ".conv2.", StringComparison.Ordinal);

    /// <summary>A branch on a map [B, C, H, W] times a factor a channel; channels-last maps are not copied.</summary>
    public static Tensor Beside(TowerBranch branch, Tensor map, Tensor? factors)
    {
        using var scope = NewDisposeScope();
        var (batch, channels, height, width) = (map.shape[0], map.shape[1], map.shape[2], map.shape[3]);
        var tokens = map.permute(0, 2, 3, 1).reshape(batch, height * width, channels);
        return branch.Scaled(tokens, factors).view(batch, height, width, channels).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return (conv.forward(x) + Beside(global_branch, x, null)).MoveToOuterDisposeScope();
    }
}
