using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>Keeps networks alive that were created while a dispose scope was open.</summary>
internal static class ModuleLifetime
{
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
}
