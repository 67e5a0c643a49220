using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MicroWorld.Training;

/// <summary>Starting values of weights.</summary>
internal static class Initialise
{
    /// <summary>Ones and zeros: TorchSharp 0.107 leaves the weights of new group norms as the memory was.</summary>
    public static void GroupNorms(nn.Module module)
    {
        foreach (var norm in module.modules().OfType<GroupNorm>())
        {
            nn.init.ones_(norm.weight);
            nn.init.zeros_(norm.bias);
        }
    }
}
