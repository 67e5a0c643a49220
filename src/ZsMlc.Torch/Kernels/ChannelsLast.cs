using static TorchSharp.torch;

namespace ZsMlc.Torch.Kernels;

/// <summary>The memory layout in which the channels of a pixel stand together; convolutions on CPUs and tensor cores prefer it.</summary>
internal static class ChannelsLast
{
    /// <summary>The same values [N, C, H, W], laid out N, H, W, C.</summary>
    public static Tensor Of(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>Whether [N, C, H, W] is laid out so.</summary>
    public static bool Is(Tensor tensor)
    {
        using var laid = tensor.permute(0, 2, 3, 1);
        return laid.is_contiguous();
    }

    /// <summary>Lays the convolution weights of a network out so, or back as they were made; values and names stay.</summary>
    /// <param name="module">The network.</param>
    /// <param name="channelsLast">False for the plain layout.</param>
    public static void Weights(nn.Module module, bool channelsLast = true)
    {
        using var noGrad = no_grad();
        foreach (var (_, parameter) in module.named_parameters())
        {
            if (parameter.dim() == 4)
            {
                using var laid = channelsLast ? Of(parameter) : parameter.contiguous();
                parameter.set_(laid);
            }
        }
    }
}
