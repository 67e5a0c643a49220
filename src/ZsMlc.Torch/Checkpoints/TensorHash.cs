using System.Security.Cryptography;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>SHA-256 of bytes and tensors in their order, computed beside the reading of what follows them.</summary>
internal sealed class TensorHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private Task _appended = Task.CompletedTask;

    /// <summary>Appends bytes, which must not change any more.</summary>
    public void Append(byte[] bytes) => Then(() => _hash.AppendData(bytes));

    /// <summary>Appends the bytes of a contiguous CPU tensor, which must neither change nor be disposed before <see cref="Finish"/> or <see cref="Dispose"/>.</summary>
    public void Append(Tensor tensor) => Then(() => TensorBlocks.ForEach(tensor, (block, _) => _hash.AppendData(block)));

    /// <summary>Waits for all that was appended and returns its hash.</summary>
    public byte[] Finish()
    {
        _appended.GetAwaiter().GetResult();
        return _hash.GetHashAndReset();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ((IAsyncResult)_appended).AsyncWaitHandle.WaitOne();
        _hash.Dispose();
    }

    private void Then(Action append) => _appended = _appended.ContinueWith(
        before =>
        {
            before.GetAwaiter().GetResult();
            append();
        },
        TaskScheduler.Default);
}
