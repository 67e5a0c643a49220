using System.Runtime.CompilerServices;

/// <summary>
/// What .NET calls before the entry point of a program whose <c>runtimeconfig.json</c> names this assembly as a start-up hook; it looks
/// for a type of this name without a namespace. The package's build targets write that line.
/// </summary>
internal static class StartupHook
{
    /// <summary>Runs the initializer of <see cref="ZsMlc.Torch.Runtime.TorchRuntime"/>, which waits for TorchSharp.</summary>
    public static void Initialize() => RuntimeHelpers.RunModuleConstructor(typeof(StartupHook).Module.ModuleHandle);
}
