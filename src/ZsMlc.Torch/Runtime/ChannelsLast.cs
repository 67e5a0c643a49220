using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>The memory layout in which the channels of a pixel stand together; convolutions on CPUs and tensor cores prefer it.</summary>
internal static class ChannelsLast
{
    /// <summary>The same values [N, C, H, W], laid out N, H, W, C.</summary>
    public static Tensor Of(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
