using System.IO.Compression;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>
/// The parameters and buffers of a TorchScript archive, such as the files that OpenAI published for CLIP. libtorch's own
/// reader takes them out. It knows tensors and TorchScript's closed instruction set only: nothing in an archive reaches
/// Python, files or the network, and its forward method is never called.
/// </summary>
internal sealed class TorchScriptCheckpoint : ICheckpoint
{
    private readonly Dictionary<string, Tensor> _tensors;

    public TorchScriptCheckpoint(string path)
    {
        Source = path;
        using var scope = NewDisposeScope();
        jit.ScriptModule module;
        try
        {
            module = jit.load(path, DeviceType.CPU);
        }
        catch (Exception e) when (e is ExternalException or InvalidOperationException)
        {
            throw new CheckpointFormatException(path, $"libtorch cannot read this TorchScript archive: {e.Message}", e);
        }

        // Not state_dict(): it makes, and leaves behind, the tensors of each submodule over and over.
        _tensors = [];
        foreach (var (name, tensor) in module.named_parameters().Select(p => (p.name, (Tensor)p.parameter)).Concat(module.named_buffers()))
        {
            _tensors[name] = tensor.DetachFromDisposeScope();
        }
    }

    public string Source { get; }

    public IReadOnlyCollection<string> Names => _tensors.Keys;

    public TensorInfo Info(string name)
    {
        var tensor = Get(name);
        return new(tensor.dtype, tensor.shape);
    }

    public Tensor Read(string name)
    {
        using var noGrad = no_grad();
        using var detached = Get(name).detach();
        return detached.clone();
    }

    /// <summary>
    /// Frees the weights. TorchSharp 0.107 never frees a script module, and disposing one makes thousands of tensors; so
    /// the module's own tensors are emptied here, and the rest of it, its code, is left.
    /// </summary>
    public void Dispose()
    {
        using var noGrad = no_grad();
        foreach (var tensor in _tensors.Values)
        {
            using var nothing = empty(0, tensor.dtype);
            tensor.set_(nothing);
            tensor.Dispose();
        }

        _tensors.Clear();
    }

    /// <summary>A TorchScript archive is a zip file with a <c>code/</c> folder and <c>constants.pkl</c>; a pickled state dict has neither.</summary>
    public static bool IsTorchScript(string path)
    {
        try
        {
            using var zip = ZipFile.OpenRead(path);
            return zip.Entries.Any(e => e.FullName.Contains("/code/", StringComparison.Ordinal))
                && zip.Entries.Any(e => e.FullName.EndsWith("/constants.pkl", StringComparison.Ordinal));
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private Tensor Get(string name) =>
        _tensors.TryGetValue(name, out var tensor) ? tensor : throw new KeyNotFoundException($"{Source} has no tensor '{name}'.");
}
