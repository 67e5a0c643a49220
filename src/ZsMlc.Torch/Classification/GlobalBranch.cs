using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>
/// The feature-fusion branch: gathers a summary of the whole map for each of 8 channel groups and spreads it back,
/// G(x) = σ(W_b h) ⊙ Σ_HW softmax(W_a h) ⊙ x with h = [l ; mean l], l = ReLU(W_r x + b).
/// </summary>
internal sealed class GlobalBranch : nn.Module<Tensor, Tensor>
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
        reduction = nn.Conv2d(channels, reduced, kernel_size: 1);
        agg_attn = nn.Conv2d(2 * reduced, Heads, kernel_size: 1);
        broad_attn = nn.Conv2d(2 * reduced, Heads, kernel_size: 1);
        v = projection ? nn.Conv2d(channels, channels, kernel_size: 1) : null;
        proj = projection ? nn.Conv2d(channels, channels, kernel_size: 1) : null;
        norm = kind == FusionNorm.BatchNorm ? nn.BatchNorm2d(channels) : new ChannelAffine(channels);

        // Training starts from the pretrained features: the branch adds next to nothing at first.
        var scale = norm.named_parameters().Single(p => p.name == "weight").parameter;
        nn.init.normal_(scale, 0, 1e-4);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (batch, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var local = reduction.forward(x).relu();
        var context = cat([local, local.mean([2, 3], keepdim: true).expand(local.shape)], 1);
        var gather = softmax(agg_attn.forward(context).flatten(2), -1);
        var spread = sigmoid(broad_attn.forward(context)).unsqueeze(2);

        var values = (v?.forward(x) ?? x).reshape(batch, Heads, channels / Heads, height * width);
        var summary = values.matmul(gather.unsqueeze(-1)).view(batch, Heads, channels / Heads, 1, 1);
        var result = (summary * spread).reshape(batch, channels, height, width);
        return norm.forward(proj?.forward(result) ?? result).MoveToOuterDisposeScope();
    }
}
