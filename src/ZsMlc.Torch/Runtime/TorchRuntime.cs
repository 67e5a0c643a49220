using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// Loads the native libtorch before TorchSharp asks for it. It runs by itself: in programs and tests that reference the package from
/// the first line on, elsewhere (notebooks, trimmed programs) from the first use of this assembly on. Call <see cref="EnsureLoaded"/>
/// to get the explanation of a failure early.
/// </summary>
/// <remarks>
/// Environment variable <c>ZSMLC_LIBTORCH</c> may name a folder with another libtorch (for example the <c>lib</c> folder
/// of a Python PyTorch of the same version with CUDA); its libraries are then loaded first. The application itself must
/// not hold a libtorch then: TorchSharp would load that one beside it, and two in one process end it.
/// <para>
/// Before it loads libtorch, it sets what concerns the whole process, and with it ML.NET's and your own native code: OpenMP's
/// threads that wait go to sleep after one to three tenths of a millisecond (<c>GOMP_SPINCOUNT</c>) instead of holding a core; libtorch starts no more
/// threads than <see cref="Environment.ProcessorCount"/>, which knows a container's quota; and the C library keeps freed memory
/// during a run (<c>mallopt</c>), to give it back when a cursor, a fit or a generation has ended or a model is disposed
/// (<c>malloc_trim</c>). Each is left as it is where you have chosen yourself: <c>OMP_WAIT_POLICY</c>, <c>GOMP_SPINCOUNT</c> or
/// <c>KMP_*</c>; <c>OMP_NUM_THREADS</c> or <c>MKL_NUM_THREADS</c>; <c>MALLOC_*</c>, <c>GLIBC_TUNABLES</c> or <c>LD_PRELOAD</c>. The
/// environment variable <c>ZSMLC_PROCESS_SETTINGS</c> with the value 0 turns all of it off. Waiting and memory are set on Linux
/// with GNU's C library alone.
/// </para>
/// <para>
/// On Linux it also sets the import resolver of TorchSharp's assembly (<see cref="NativeLibrary.SetDllImportResolver"/>), to free the numbers
/// that TorchSharp hands to libtorch some seconds after their last use: TorchSharp 0.107 lets a garbage collection free one while
/// libtorch reads it. .NET allows an assembly one resolver, so a program that sets its own for TorchSharp turns this off by the same variable.
/// </para>
/// </remarks>
public static class TorchRuntime
{
    private const string Bridge = "libLibTorchSharp.so", Libtorch = "libtorch_cpu.so", Variable = "ZSMLC_LIBTORCH";
    private static readonly string[] s_libtorch =
        ["libc10.so", "libc10_cuda.so", Libtorch, "libtorch_cuda_linalg.so", "libtorch_cuda.so", "libtorch.so"];

    private static readonly Lock s_gate = new();
    private static bool s_done;
    private static string? s_failure;

    /// <summary>Gets how the native library was loaded, for logs: the path used and whether an adapted copy was needed.</summary>
    public static string Description { get; private set; } = "not loaded by ZsMlc.Torch";

    /// <summary>Gets why the CUDA part of a libtorch that has one could not be loaded; null when it was, or there is none.</summary>
    public static string? CudaFailure { get; private set; }

    /// <summary>Loads the native library if that has not happened yet.</summary>
    /// <exception cref="DllNotFoundException">No usable native libtorch was found; the message tells where it was looked for and what to install.</exception>
    public static void EnsureLoaded()
    {
        Load();
        if (s_failure is not null)
        {
            throw new DllNotFoundException(s_failure);
        }
    }

#pragma warning disable CA2255 // A library initializer is the point: users must not have to call anything before TorchSharp.
    /// <summary>
    /// Loads libtorch at the moment at which the process loads TorchSharp: late enough to cost nothing where it is not used, early
    /// enough to come before any code of TorchSharp's.
    /// </summary>
    [ModuleInitializer]
    internal static void Initialize()
    {
        AppDomain.CurrentDomain.AssemblyLoad += (_, loaded) => LoadIfTorchSharp(loaded.LoadedAssembly);
        Array.ForEach(AppDomain.CurrentDomain.GetAssemblies(), LoadIfTorchSharp);
    }
#pragma warning restore CA2255

    private static void LoadIfTorchSharp(Assembly assembly)
    {
        if (assembly.GetName().Name == "TorchSharp")
        {
            Load();
            ScalarLifetime.Extend(assembly);
        }
    }

    private static void Load()
    {
        lock (s_gate)
        {
            if (s_done)
            {
                return;
            }

            s_done = true;
            ProcessSettings.BeforeLoading();
            if (OperatingSystem.IsLinux())
            {
                try
                {
                    var folders = SearchFolders();
                    s_failure = SecondLibtorch(folders) ?? LoadOnLinux(folders);
                }
                catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or DllNotFoundException)
                {
                    s_failure = e.Message;
                }
            }
        }
    }

    /// <summary>Returns null on success, else the explanation.</summary>
    internal static string? LoadOnLinux(IReadOnlyList<string> folders)
    {
        var bridge = Find(folders, Bridge);
        if (bridge is null)
        {
            return Explain(folders, $"{Bridge} was not found", "Add the package TorchSharp");
        }

        if (Find(folders, Libtorch) is not { } libtorch)
        {
            return Explain(folders, $"{Libtorch} was not found", "Add one of the packages libtorch-cpu-linux-x64 (CPU) or TorchSharp-cuda-linux (NVIDIA GPU)");
        }

        if (LibtorchVersion.Problem(libtorch) is { } unfit)
        {
            return Explain(folders, unfit, "Add a package with a usable one");
        }

        LoadLibtorch(folders);
        var handle = NativeLibrary.Load(libtorch);
        if (LibtorchVersion.Problem(libtorch, handle) is { } lacking)
        {
            return Explain(folders, lacking, "Add a package with a usable one");
        }

        ProcessSettings.AfterLoading(handle);

        try
        {
            ScalarLifetime.Prepare(NativeLibrary.Load(bridge), Bridge);
            Description = bridge;
            return null;
        }
        catch (DllNotFoundException e) when (e.Message.Contains(LibTorchSharpPatch.NewVersion))
        {
            var copy = LibTorchSharpPatch.PatchedCopy(bridge);
            ScalarLifetime.Prepare(NativeLibrary.Load(copy), Bridge);
            Description = $"{copy} (adapted from {bridge}: the system's C++ library is older than {LibTorchSharpPatch.NewVersion})";
            return null;
        }
    }

    private static void LoadLibtorch(IReadOnlyList<string> folders)
    {
        CudaFailure = null;
        foreach (var path in s_libtorch.Select(name => Find(folders, name)).OfType<string>())
        {
            try
            {
                NativeLibrary.Load(path);
            }
            catch (DllNotFoundException e) when (Path.GetFileName(path).Contains("cuda", StringComparison.Ordinal))
            {
                // Without its CUDA part libtorch still serves the CPU; who asked for a GPU is told why there is none.
                CudaFailure ??= e.Message;
            }
        }
    }

    /// <summary>Returns null unless the chosen folder's libtorch would meet another one of the application; then the explanation.</summary>
    /// <param name="folders">Folders to search.</param>
    /// <param name="chosen">The folder that was chosen to come first; by default that of the environment variable.</param>
    internal static string? SecondLibtorch(IReadOnlyList<string> folders, string? chosen = null)
    {
        chosen ??= Environment.GetEnvironmentVariable(Variable);
        var copies = folders.Select(f => Path.Combine(f, Libtorch)).Where(File.Exists).ToList();
        return chosen is { Length: > 0 } && copies.Count > 1 && Path.GetDirectoryName(copies[0]) == Path.TrimEndingDirectorySeparator(chosen)
            ? $"{Variable} chooses {copies[0]}, but the application has a libtorch of its own, {copies[1]}, and one process cannot hold both. "
              + $"Unset {Variable}, or remove the package that brings the second (in this repository: build with -p:TorchBackend=none)."
            : null;
    }

    private static string Explain(IReadOnlyList<string> folders, string what, string remedy) =>
        $"The native libtorch cannot be loaded: {what}. Looked in: {string.Join(", ", folders)}. "
        + $"{remedy} to the application's project, or set {Variable} to a folder that holds libtorch {LibtorchVersion.Usable}.";

    private static string? Find(IReadOnlyList<string> folders, string name) =>
        folders.Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists);

    internal static IReadOnlyList<string> SearchFolders()
    {
        List<string> folders = [];
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen)
        {
            folders.Add(chosen);
        }

        var rid = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
        folders.Add(Path.Combine(AppContext.BaseDirectory, "runtimes", rid, "native"));
        folders.Add(AppContext.BaseDirectory);
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string search)
        {
            folders.AddRange(search.Split(':', StringSplitOptions.RemoveEmptyEntries));
        }

        return folders.Select(Path.TrimEndingDirectorySeparator).Distinct().ToList();
    }
}
