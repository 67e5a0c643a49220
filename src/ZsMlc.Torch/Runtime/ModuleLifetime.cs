using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>Keeps networks alive that were created while a dispose scope was open, and frees them whole.</summary>
internal static class ModuleLifetime
{
    private static readonly FieldInfo? s_handle = Field("handle"), s_boxed = Field("boxedModule");

    /// <summary>Takes the parameters and buffers of a module out of the current dispose scope: the module owns them.</summary>
    public static T KeepAlive<T>(this T module)
        where T : nn.Module
    {
        foreach (var (_, parameter) in module.named_parameters())
        {
            parameter.DetachFromDisposeScope();
        }

        foreach (var (_, buffer) in module.named_buffers())
        {
            buffer.DetachFromDisposeScope();
        }

        return module;
    }

    /// <summary>Puts a network into evaluation mode, stops gradients of its parameters and takes them out of the current dispose scope.</summary>
    public static T Frozen<T>(this T network)
        where T : nn.Module
    {
        network.eval();
        foreach (var parameter in network.parameters())
        {
            parameter.requires_grad_(false);
        }

        return network.KeepAlive();
    }

    /// <summary>
    /// Disposes a network, its layers' native halves included: TorchSharp 0.107's Linear and Conv2d dispose their weights
    /// alone, and what stands behind them on the native side (some 650 bytes a layer) has no finalizer either.
    /// </summary>
    public static void Free(this nn.Module module)
    {
        List<nn.Module> all = [.. module.modules(), module];
        module.Dispose();
        all.ForEach(FreeNative);
    }

    /// <summary>Frees the native half of a module whose own disposal leaves it behind; nothing where it is gone.</summary>
    public static void FreeNative(nn.Module module)
    {
        if (s_handle?.GetValue(module) is SafeHandle { IsInvalid: false } handle)
        {
            handle.Dispose();
            handle.SetHandleAsInvalid();
            (s_boxed?.GetValue(module) as IDisposable)?.Dispose();
        }
    }

    private static FieldInfo? Field(string name) => typeof(nn.Module).GetField(name, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);
}
