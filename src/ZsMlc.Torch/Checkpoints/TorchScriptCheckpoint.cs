using ZsMlc.Torch.Checkpoints.TorchScript;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>
/// The parameters and buffers of a TorchScript archive, such as the files that OpenAI published for CLIP. The archive's
/// code is neither run nor compiled: the tensors are taken from its records.
/// </summary>
internal sealed class TorchScriptCheckpoint : ICheckpoint
{
    private readonly TorchScriptArchive _archive;
    private readonly Dictionary<string, PickleTensor> _tensors;

    private TorchScriptCheckpoint(string source, TorchScriptArchive archive, Dictionary<string, PickleTensor> tensors) =>
        (Source, _archive, _tensors) = (source, archive, tensors);

    public string Source { get; }

    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>Opens a file.</summary>
    /// <exception cref="CheckpointFormatException">It is damaged, or holds more than tensors.</exception>
    public static TorchScriptCheckpoint Open(string path)
    {
        var file = File.OpenRead(path);
        try
        {
            return Open(file, path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a seekable stream, which the checkpoint closes.</summary>
    /// <param name="stream">The archive.</param>
    /// <param name="source">What the stream is, for messages.</param>
    /// <exception cref="CheckpointFormatException">It is damaged, or holds more than tensors.</exception>
    public static TorchScriptCheckpoint Open(Stream stream, string source) => Named(source, () =>
    {
        var archive = new TorchScriptArchive(stream);
        var declarations = new ClassDeclarations(archive.Code);
        var tensors = ModuleState.Of(PickleReader.Read(archive.Pickle()), declarations.IsState);
        foreach (var storage in tensors.Values.Select(t => t.Storage).Distinct())
        {
            archive.Check(storage);
        }

        return new TorchScriptCheckpoint(source, archive, tensors);
    });

    public TensorInfo Info(string name)
    {
        var tensor = Get(name);
        return new(tensor.Storage.Type, tensor.Shape);
    }

    /// <inheritdoc/>
    /// <exception cref="CheckpointFormatException">The record is damaged.</exception>
    public Tensor Read(string name)
    {
        var tensor = Get(name);
        if (tensor.Count == 0)
        {
            return empty(tensor.Shape, tensor.Storage.Type, device: CPU);
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var elements = empty([tensor.Storage.Count], tensor.Storage.Type, device: CPU);
        Named(Source, () =>
        {
            using var record = _archive.Open(tensor.Storage);
            TensorBlocks.ForEach(elements, (block, _) => record.Fill(block));
            record.Finish();
            return true;
        });
        if (tensor.IsWhole)
        {
            return elements.view(tensor.Shape).MoveToOuterDisposeScope();
        }

        // A copy, so that a small view does not keep a large storage.
        var view = elements.as_strided(tensor.Shape, tensor.Strides, tensor.Offset);
        return empty(tensor.Shape, tensor.Storage.Type, device: CPU).copy_(view).MoveToOuterDisposeScope();
    }

    public void Dispose() => _archive.Dispose();

    private PickleTensor Get(string name) =>
        _tensors.TryGetValue(name, out var tensor) ? tensor : throw new KeyNotFoundException($"{Source} has no tensor '{name}'.");

    private static T Named<T>(string source, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException or ArgumentException or OverflowException)
        {
            throw new CheckpointFormatException(source, $"not a TorchScript archive of tensors: {e.Message}", e);
        }
    }
}
