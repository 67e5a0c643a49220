namespace ZsMlc.Torch.Checkpoints;

/// <summary>
/// A checkpoint or saved model is damaged, cut short, not of the expected format, or, as a
/// <see cref="CheckpointMismatchException"/>, not of the expected network. The first words of the message name the file.
/// </summary>
public class CheckpointFormatException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file at fault, or the stream inside another file.</param>
    /// <param name="problem">What was found and what was expected.</param>
    /// <param name="inner">The exception of the underlying reader, if any.</param>
    public CheckpointFormatException(string path, string problem, Exception? inner = null)
        : base($"{path}: {problem}", inner) => Path = path;

    /// <summary>Gets the file at fault, or the stream inside another file.</summary>
    public string Path { get; }
}
