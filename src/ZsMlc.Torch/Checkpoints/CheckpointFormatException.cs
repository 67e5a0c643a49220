namespace ZsMlc.Torch.Checkpoints;

/// <summary>A checkpoint file is damaged, cut short, or not of the expected format.</summary>
public sealed class CheckpointFormatException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file at fault.</param>
    /// <param name="problem">What was found and what was expected.</param>
    /// <param name="inner">The exception of the underlying reader, if any.</param>
    public CheckpointFormatException(string path, string problem, Exception? inner = null)
        : base($"{path}: {problem}", inner) => Path = path;

    /// <summary>Gets the file at fault.</summary>
    public string Path { get; }
}
