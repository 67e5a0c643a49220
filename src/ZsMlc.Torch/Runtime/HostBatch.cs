using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>Copies a batch that was put together on the host to a device.</summary>
internal static class HostBatch
{
    /// <summary>The batch on the device. To a GPU it goes from pinned memory without blocking: the host puts the next kernels into the queue meanwhile.</summary>
    public static Tensor To(Tensor batch, Device device)
    {
        if (device.type != DeviceType.CUDA || batch.device_type != DeviceType.CPU)
        {
            return batch.to(device);
        }

        // libtorch keeps pinned memory from reuse until the copy is done.
        using var pinned = batch.pin_memory();
        return pinned.to(device, non_blocking: true);
    }
}
