using System.Text;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>
/// Tells the few lines of text that stand for a large file in a Git repository until Git LFS fetches it
/// (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
/// </summary>
internal static class GitLfsPointer
{
    // The specification's bound.
    private const int MaxLength = 1024;

    /// <summary>Throws when a file is such a pointer; a missing file is not.</summary>
    /// <exception cref="CheckpointFormatException">It is one; the message says how to fetch the file itself.</exception>
    public static void Refuse(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        // Not FileInfo.Length, which of a link is the length of the link.
        using var file = File.OpenHandle(path);
        if (RandomAccess.GetLength(file) < MaxLength)
        {
            Refuse(path, File.ReadAllBytes(path));
        }
    }

    /// <summary>Throws when the contents of a file are such a pointer.</summary>
    /// <exception cref="CheckpointFormatException">They are; the message says how to fetch the file itself.</exception>
    public static void Refuse(string path, ReadOnlySpan<byte> contents)
    {
        if (contents.Length >= MaxLength || !contents.StartsWith("version https://git-lfs.github.com/spec/"u8))
        {
            return;
        }

        const string size = "size ";
        var claimed = Encoding.UTF8.GetString(contents).Split('\n').FirstOrDefault(l => l.StartsWith(size, StringComparison.Ordinal));
        throw new CheckpointFormatException(path, $"this is a Git LFS pointer in place of the file{(claimed is null ? "" : $" of {claimed[size.Length..].Trim()} bytes")}. Fetch the file itself: run 'git lfs pull' in its repository, or download it from there.");
    }
}
