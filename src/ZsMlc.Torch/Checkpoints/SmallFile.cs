namespace ZsMlc.Torch.Checkpoints;

/// <summary>Reads a model's files that are small by nature, such as configurations and vocabularies, whole.</summary>
internal static class SmallFile
{
    /// <summary>Longest file accepted, in bytes: many times the largest vocabulary.</summary>
    public const int MaxLength = 1 << 28;

    /// <summary>Reads all bytes.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="CheckpointFormatException">It is a Git LFS pointer, or too long.</exception>
    public static byte[] Read(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > MaxLength and var length })
        {
            throw new CheckpointFormatException(path, $"it has {length} bytes; at most {MaxLength} are accepted.");
        }

        var bytes = File.ReadAllBytes(path);
        GitLfsPointer.Refuse(path, bytes);
        return bytes;
    }
}
