namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>Finds out whether a folder's images are those of an identity.</summary>
internal static class StoreCheck
{
    /// <summary>Compares with the store's identity file.</summary>
    /// <returns><see langword="false"/> when the file is missing or damaged, so that it does not tell.</returns>
    /// <exception cref="StoreMismatchException">The store has another identity.</exception>
    public static bool IsOf(string folder, StoreIdentity identity)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(Path.Combine(folder, StoreLayout.Identity));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }

        return identity.DifferencesFrom(file) switch
        {
            null => false,
            { Count: 0 } => true,
            var differences => throw new StoreMismatchException(folder, differences,
                $"The store of synthetic images '{folder}' was made with other options: {string.Join("; ", differences.Take(3))}" +
                $"{(differences.Count > 3 ? $"; and {differences.Count - 3} more" : "")}. Take another StorePath, or the options it was made with."),
        };
    }

    /// <summary>Where the identity file does not tell, the records must: all of them must be of the identity.</summary>
    /// <exception cref="StoreMismatchException">A record is of another identity.</exception>
    public static void RecordsAreOf(string folder, StoreIdentity identity)
    {
        var records = new DirectoryInfo(Path.Combine(folder, StoreLayout.Records));
        if (!records.Exists)
        {
            return;
        }

        foreach (var file in records.EnumerateFiles("*.json", SearchOption.AllDirectories))
        {
            if (RecordFile.Read(file.FullName) is { } record && record.Store != identity.Id)
            {
                throw new StoreMismatchException(folder, [],
                    $"The store of synthetic images '{folder}' has a missing or damaged {StoreLayout.Identity}, and its record '{file.FullName}' is of other options. Take another StorePath, or the options it was made with.");
            }
        }
    }
}
