namespace ZsMlc.Samples.TagImages.Bulk;

/// <summary>Writes files that are there as a whole or not at all, whenever a process is killed.</summary>
internal static class WholeFile
{
    private const string Ending = ".tmp";
    private static readonly TimeSpan s_certainlyLeft = TimeSpan.FromDays(1);

    /// <summary>Writes beside the target, flushes to the disk and puts the file in its place.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = $"{path}.{Guid.NewGuid():n}{Ending}";
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

    /// <summary>Removes what killed processes left in a folder; younger files may be another process's.</summary>
    public static void Sweep(DirectoryInfo folder)
    {
        foreach (var file in folder.EnumerateFiles($"*{Ending}").Where(f => DateTime.UtcNow - f.LastWriteTimeUtc > s_certainlyLeft))
        {
            file.Delete();
        }
    }
}
