namespace ZsMlc.Torch.Checkpoints;

/// <summary>Writes files so that readers see the old file or the whole new one, never a part.</summary>
internal static class AtomicFile
{
    /// <summary>Writes a file beside its target, flushes it to the disk and puts it in place.</summary>
    /// <param name="path">The target; an existing file is replaced, or untouched when writing fails.</param>
    /// <param name="write">Writes the contents.</param>
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Writes text as UTF-8 without a mark.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
