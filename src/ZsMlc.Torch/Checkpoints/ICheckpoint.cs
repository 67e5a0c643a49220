using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>A read-only set of named tensors: one file, several shards, or an archive.</summary>
public interface ICheckpoint : IDisposable
{
    /// <summary>Gets the path that the tensors come from, for messages.</summary>
    string Source { get; }

    /// <summary>Gets the names of all tensors.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>Returns type and shape of a tensor without reading its data.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <exception cref="KeyNotFoundException">There is no such tensor.</exception>
    TensorInfo Info(string name);

    /// <summary>Reads a tensor into a new CPU tensor of the stored element type, owned by the caller.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <exception cref="KeyNotFoundException">There is no such tensor.</exception>
    Tensor Read(string name);
}
