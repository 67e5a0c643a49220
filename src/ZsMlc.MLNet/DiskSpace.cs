namespace ZsMlc.MLNet;

/// <summary>Compares what a long run is going to write with the space there is.</summary>
internal static class DiskSpace
{
    /// <summary>Throws when the disk of a folder has less free space than is going to be written at least.</summary>
    /// <param name="folder">The folder, which may not exist yet; where its disk does not tell its space, nothing is checked.</param>
    /// <param name="bytes">The least number of bytes.</param>
    /// <param name="what">What is written there and the option that chose the place, to begin a message with.</param>
    /// <exception cref="IOException">There is less; the message names the folder and both numbers.</exception>
    public static void Check(string folder, long bytes, string what)
    {
        if (Free(folder) is { } free && free < bytes)
        {
            throw new IOException(FormattableString.Invariant($"{what} take {bytes / 1e9:0.0} GB or more, but the disk of '{Path.GetFullPath(folder)}' has {free / 1e9:0.0} GB free. Make room, or choose another folder."));
        }
    }

    private static long? Free(string folder)
    {
        try
        {
            var existing = new DirectoryInfo(Path.GetFullPath(folder));
            while (!existing.Exists && existing.Parent is { } parent)
            {
                existing = parent;
            }

            return new DriveInfo(OperatingSystem.IsWindows() ? existing.Root.FullName : existing.FullName).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
