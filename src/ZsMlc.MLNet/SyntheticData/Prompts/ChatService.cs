namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>What a source has learnt of its service; shared by all its threads.</summary>
internal sealed class ChatService
{
    private volatile bool keepsToForms = true;
    private int failedSets;

    /// <summary>Gets or sets whether the service takes a JSON schema for its answers; true until it refused one.</summary>
    public bool KeepsToForms
    {
        get => keepsToForms;
        set => keepsToForms = value;
    }

    /// <summary>Gets for how many label sets in a row every call failed.</summary>
    public int FailedSets => Volatile.Read(ref failedSets);

    /// <summary>Notes whether a label set had any answer.</summary>
    public void Note(bool answered)
    {
        if (answered)
        {
            Volatile.Write(ref failedSets, 0);
        }
        else
        {
            Interlocked.Increment(ref failedSets);
        }
    }
}
