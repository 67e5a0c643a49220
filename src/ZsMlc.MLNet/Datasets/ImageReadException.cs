namespace ZsMlc.MLNet.Datasets;

/// <summary>An image file is missing or cannot be decoded.</summary>
public sealed class ImageReadException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="reason">What is wrong with it.</param>
    /// <param name="inner">The cause, if another exception was it.</param>
    public ImageReadException(string path, string reason, Exception? inner = null)
        : base($"The image {path} cannot be read: {reason}", inner) => Path = path;

    /// <summary>Gets the path of the file.</summary>
    public string Path { get; }
}
