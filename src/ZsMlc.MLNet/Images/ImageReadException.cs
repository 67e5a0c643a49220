namespace ZsMlc.MLNet.Images;

/// <summary>A picture is missing, damaged, cut short or too large to be read.</summary>
public sealed class ImageReadException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">Path of the file, or another name of the picture.</param>
    /// <param name="reason">What is wrong with it.</param>
    /// <param name="inner">The cause, if another exception was it.</param>
    public ImageReadException(string path, string reason, Exception? inner = null)
        : base($"The image {path} cannot be read: {reason}", inner) => (Path, Reason) = (path, reason);

    /// <summary>Gets the path of the file, or the other name of the picture.</summary>
    public string Path { get; }

    /// <summary>Gets what is wrong with it, without the path.</summary>
    public string Reason { get; }
}
