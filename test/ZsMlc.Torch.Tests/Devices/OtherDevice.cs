using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Devices;

/// <summary>
/// A GPU's rules without a GPU: the CPU stands in for the device and the meta device for the host. What is made without
/// naming a device lands on the meta device, and meets the rest in an exception or in a result on it.
/// </summary>
internal static class OtherDevice
{
    /// <summary>Fails unless the work, given everything on the CPU, has its result there.</summary>
    public static void Check(string name, Func<Tensor> work)
    {
        using var scope = NewDisposeScope();
        set_default_device(META);
        try
        {
            Assert.AreEqual(DeviceType.CPU, work().device_type, $"{name}: made something on the host");
        }
        catch (Exception error) when (error is not AssertFailedException)
        {
            Assert.Fail($"{name}: {error}");
        }
        finally
        {
            set_default_device(CPU);
        }
    }

    public static Tensor Random(params long[] shape) => randn(shape, device: CPU);

    public static Tensor Bytes(params long[] shape) => randint(0, 255, shape, dtype: ScalarType.Byte, device: CPU);

    public static Tensor Ids(int count, int length)
    {
        var ids = ones([count, length], ScalarType.Int64, CPU);
        ids[.., 5] = tensor(49407L, device: CPU);
        return ids;
    }
}
