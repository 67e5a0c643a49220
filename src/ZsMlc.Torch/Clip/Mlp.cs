using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>The two-layer perceptron of a transformer block.</summary>
public sealed class Mlp : nn.Module<Tensor, Tensor>
{
    private readonly bool _quickGelu;
    internal readonly Linear c_fc;
    internal readonly Linear c_proj;

    internal Mlp(int width, int hidden, double fcStd, double projStd, bool quickGelu)
        : base(nameof(Mlp))
    {
        _quickGelu = quickGelu;
        c_fc = Layers.Linear(width, hidden);
        c_proj = Layers.Linear(hidden, width);
        Layers.Normal_(c_fc.weight, fcStd);
        nn.init.zeros_(c_fc.bias!);
        Layers.Normal_(c_proj.weight, projStd);
        nn.init.zeros_(c_proj.bias!);
        RegisterComponents();
    }

    /// <summary>Maps [..., width] to [..., width].</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var hidden = c_fc.forward(x);
        return c_proj.forward(Activation(hidden)).MoveToOuterDisposeScope();
    }

    /// <summary>The activation between the two layers.</summary>
    internal Tensor Activation(Tensor hidden) => _quickGelu ? QuickGelu(hidden) : nn.functional.gelu(hidden);

    // Where no gradient flows the same numbers come with one new tensor instead of three.
    private static Tensor QuickGelu(Tensor x) => x.requires_grad ? x * sigmoid(1.702 * x) : (1.702 * x).sigmoid_().mul_(x);
}
