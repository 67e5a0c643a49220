namespace ZsMlc.Torch.Runtime;

/// <summary>What several objects hold together, weights for example: freed when the last of them lets go.</summary>
/// <param name="free">Frees what is held; its maker is the first holder.</param>
internal sealed class SharedResource(Action free)
{
    private int _holders = 1;

    /// <summary>Adds a holder. To be called while another one holds.</summary>
    public SharedResource Hold()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    /// <summary>Takes a holder away.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            free();
        }
    }
}
