using System.IO.Compression;
using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>
/// The parameters and buffers of a TorchScript archive, such as the files that OpenAI published for CLIP. libtorch's own
/// reader takes them out; TorchScript is a closed instruction set, and no method of the archive is called.
/// </summary>
internal sealed class TorchScriptCheckpoint : ICheckpoint
{
    private readonly jit.ScriptModule _module;
    private readonly Dictionary<string, Tensor> _tensors;

    public TorchScriptCheckpoint(string path)
    {
        Source = path;
        if (!IsTorchScript(path))
        {
            throw new CheckpointFormatException(path, "neither safetensors nor a TorchScript archive. Pickle files (plain PyTorch .pt, .bin, .ckpt) can run code when read and are refused; convert the file to safetensors.");
        }

        try
        {
            _module = jit.load(path, DeviceType.CPU);
        }
        catch (Exception e) when (e is System.Runtime.InteropServices.ExternalException or InvalidOperationException)
        {
            throw new CheckpointFormatException(path, $"libtorch cannot read this TorchScript archive: {e.Message}", e);
        }

        _tensors = _module.state_dict();
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
        return Get(name).detach().clone();
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }

        _module.Dispose();
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
