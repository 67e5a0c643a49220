using System.Runtime.InteropServices;
using TorchSharp;
using ZsMlc.DeviceCheck.Harness;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.DeviceCheck.Steps;

/// <summary>Does libtorch load with its CUDA part, and is the device there?</summary>
internal sealed class LoadedLibraries : ICheckStep
{
    public string Number => "2";

    public string Title => "libraries and device";

    public IEnumerable<Finding> Run(CheckOptions options)
    {
        var lib = Environment.GetEnvironmentVariable("ZSMLC_LIBTORCH")!;
        foreach (var name in new[] { "libc10_cuda.so", "libtorch_cuda.so" })
        {
            yield return Load(Path.Combine(lib, name), required: options.Gpu is not null);
        }

        TorchRuntime.EnsureLoaded();
        yield return Finding.Of("bridge", TorchRuntime.Description);
        yield return Finding.Of("CUDA", $"available {torch.cuda.is_available()}, cuDNN {torch.cuda.is_cudnn_available()}, {torch.cuda.device_count()} devices");
        var device = options.Device;
        yield return Finding.Of("device", DeviceInfo.Of(device).ToString());
        using var sum = torch.ones([1000], device: device).sum();
        yield return new("sum of 1000 ones", Math.Abs(sum.item<float>() - 1000), "off", 0);
    }

    private static Finding Load(string path, bool required)
    {
        if (!File.Exists(path))
        {
            return required ? Finding.Failure(Path.GetFileName(path), "not there: a libtorch without CUDA") : Finding.Of(Path.GetFileName(path), "not there");
        }

        try
        {
            NativeLibrary.Load(path);
            return Finding.Of(Path.GetFileName(path), "loads");
        }
        catch (DllNotFoundException error)
        {
            return Finding.Failure(Path.GetFileName(path), error.Message);
        }
    }
}
