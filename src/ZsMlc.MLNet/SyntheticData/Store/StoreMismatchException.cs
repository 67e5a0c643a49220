namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>A folder holds synthetic images that were made with other options, so it cannot be gone on with.</summary>
public sealed class StoreMismatchException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The store's folder.</param>
    /// <param name="differences">One line for each option that differs; may be empty.</param>
    /// <param name="message">What is wrong and what to do.</param>
    public StoreMismatchException(string path, IReadOnlyList<string> differences, string message)
        : base(message) => (Path, Differences) = (path, differences);

    /// <summary>Gets the store's folder.</summary>
    public string Path { get; }

    /// <summary>Gets a line for each option that differs, with both values.</summary>
    public IReadOnlyList<string> Differences { get; }
}
