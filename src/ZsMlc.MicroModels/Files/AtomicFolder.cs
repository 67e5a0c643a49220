namespace ZsMlc.MicroModels.Files;

/// <summary>Folders that are there as a whole or not at all.</summary>
internal static class AtomicFolder
{
    /// <summary>Fills a neighbour folder and renames it; another process that was faster wins.</summary>
    public static void Ensure(string folder, Action<string> fill)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        var temporary = $"{folder}.{Guid.NewGuid():n}.tmp";
        try
        {
            Directory.CreateDirectory(temporary);
            fill(temporary);
            try
            {
                Directory.Move(temporary, folder);
            }
            catch (IOException) when (Directory.Exists(folder))
            {
                // Another process has finished the same folder in the meantime.
            }
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }
}
