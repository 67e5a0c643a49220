using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>
/// The feature-fusion branch: gathers a summary of the whole map for each of 8 channel groups and spreads it back,
/// G(x) = σ(W_b h) ⊙ Σ_HW softmax(W_a h) ⊙ x with h = [l ; mean l], l = ReLU(W_r x + b).
/// </summary>
internal sealed class GlobalBranch : TowerBranch
{
    private const int Reduction = 4, Heads = 8;

    internal readonly Conv2d reduction;
    internal readonly Conv2d agg_attn;
    internal readonly Conv2d broad_attn;
    internal readonly Conv2d? v;
    internal readonly Conv2d? proj;
    internal readonly nn.Module<Tensor, Tensor> norm;

    /// <summary>Creates a branch whose output is nearly zero.</summary>
    /// <param name="channels">Channels of input and output, a multiple of 8.</param>
    /// <param name="kind">The normalisation.</param>
    /// <param name="projection">Whether a value projection stands in front of the gathering and an output projection behind it.</param>
    public GlobalBranch(int channels, FusionNorm kind, bool projection)
        : base(nameof(GlobalBranch))
    {
        if (channels % Heads != 0)
        {
            throw new ArgumentException($"A fusion branch needs a multiple of {Heads} channels, not {channels}.", nameof(channels));
        }

        var reduced = channels / Reduction;
        reduction = Layers.Conv2d(channels, reduced, kernel_size: 1);
        agg_attn = Layers.Conv2d(2 * reduced, Heads, kernel_size: 1);
        broad_attn = Layers.Conv2d(2 * reduced, Heads, kernel_size: 1);
        v = projection ? Layers.Conv2d(channels, channels, kernel_size: 1) : null;
        proj = projection ? Layers.Conv2d(channels, channels, kernel_size: 1) : null;
        norm = kind == FusionNorm.BatchNorm ? Layers.BatchNorm2d(channels) : new ChannelAffine(channels);

        // Training starts from the pretrained features: the branch adds next to nothing at first.
        var scale = norm.named_parameters().Single(p => p.name == "weight").parameter;
        Layers.Normal_(scale, 1e-4);
        RegisterComponents();
    }

    public override Tensor Scaled(Tensor tokens, Tensor? factors)
    {
        using var scope = NewDisposeScope();

        // Every convolution here is 1×1, so positions are tokens.
        var local = Linear(reduction, tokens).relu();
        var mean = local.mean([1], keepdim: true);
        var gather = softmax(Context(agg_attn, local, mean), 1);
        var spread = sigmoid(Context(broad_attn, local, mean));

        // All heads against all channels in one product; of the result only each head's own channels are kept.
        var values = v is null ? tokens : Linear(v, tokens);
        var own = eye(Heads, dtype: tokens.dtype, device: tokens.device).repeat_interleave(tokens.shape[2] / Heads, 1);
        var summary = gather.transpose(1, 2).bmm(values) * own;
        if (norm is ChannelAffine affine)
        {
            var weight = (factors is null ? affine.weight : affine.weight * factors).to(tokens.dtype);
            var bias = (factors is null ? affine.bias : affine.bias * factors).to(tokens.dtype);
            return (proj is null
                ? spread.baddbmm(summary * weight, bias.view(1, 1, -1)) // TorchSharp takes the summand last
                : addcmul(bias, Linear(proj, spread.bmm(summary)), weight, 1)).MoveToOuterDisposeScope();
        }

        var result = spread.bmm(summary);
        result = proj is null ? result : Linear(proj, result);

        // Batch statistics are over rows and positions; the norm knows maps, here of one column.
        var normed = norm.forward(result.to(reduction.weight.dtype).transpose(1, 2).unsqueeze(-1)).squeeze(-1).transpose(1, 2).to(tokens.dtype);
        return (factors is null ? normed : normed * factors).MoveToOuterDisposeScope();
    }

    private static Tensor Linear(Conv2d layer, Tensor tokens) =>
        nn.functional.linear(tokens, layer.weight.flatten(1).to(tokens.dtype), layer.bias!.to(tokens.dtype));

    /// <summary>W [l ; mean l] + b without building the concatenation: [B, HW, heads].</summary>
    private static Tensor Context(Conv2d layer, Tensor local, Tensor mean)
    {
        var weights = layer.weight.flatten(1).to(local.dtype).chunk(2, 1);
        return nn.functional.linear(local, weights[0]) + nn.functional.linear(mean, weights[1], layer.bias!.to(local.dtype));
    }
}
