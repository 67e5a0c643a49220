using TorchSharp.Modules;
using ZsMlc.Torch.Kernels;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>The two-layer perceptron of a transformer block.</summary>
public sealed class Mlp : nn.Module<Tensor, Tensor>
{
    internal readonly Linear c_fc;
    internal readonly Linear c_proj;

    internal Mlp(int width, int hidden, double fcStd, double projStd, bool quickGelu)
        : base(nameof(Mlp))
    {
        IsQuick = quickGelu;
        c_fc = Layers.Linear(width, hidden);
        c_proj = Layers.Linear(hidden, width);
        Layers.Normal_(c_fc.weight, fcStd);
        nn.init.zeros_(c_fc.bias!);
        Layers.Normal_(c_proj.weight, projStd);
        nn.init.zeros_(c_proj.bias!);
        RegisterComponents();
    }

    /// <summary>Gets whether the activation is OpenAI's; else it is the exact GELU.</summary>
    internal bool IsQuick { get; }

    /// <summary>Maps [..., width] to [..., width].</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var hidden = c_fc.forward(x);
        return c_proj.forward(Activation(hidden)).MoveToOuterDisposeScope();
    }

    /// <summary>The activation between the two layers. Where no gradient flows, it may take the place of <paramref name="hidden"/>.</summary>
    internal Tensor Activation(Tensor hidden) => IsQuick ? Quick(hidden) : nn.functional.gelu(hidden);

    // Where no gradient flows the same function takes one new tensor instead of three, or none.
    private static Tensor Quick(Tensor x) =>
        x.requires_grad ? x * sigmoid(QuickGelu.Factor * x) : QuickGelu.Apply(x) ? x : (QuickGelu.Factor * x).sigmoid_().mul_(x);
}
