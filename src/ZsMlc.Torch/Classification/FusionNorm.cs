using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>What normalises the output of a fusion branch.</summary>
public enum FusionNorm
{
    /// <summary>A scale and shift a channel, no statistics. The published code behaves so; the default.</summary>
    Affine,

    /// <summary>Batch normalisation with statistics of the batch while training and running statistics later.</summary>
    BatchNorm,
}

/// <summary>A scale and a shift a channel.</summary>
internal sealed class ChannelAffine : nn.Module<Tensor, Tensor>
{
    internal readonly Parameter weight;
    internal readonly Parameter bias;

    public ChannelAffine(int channels)
        : base(nameof(ChannelAffine))
    {
        weight = Layers.Constant(1, channels);
        bias = Layers.Constant(0, channels);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return addcmul(bias.to(x.dtype), x, weight.to(x.dtype), 1).MoveToOuterDisposeScope();
    }
}
