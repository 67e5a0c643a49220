using System.Text.RegularExpressions;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>
/// Marks a store as used by this process, as long as it lives, and removes what killed processes left. A file that is being
/// written looks like one that a killed process left, so they are removed only by a process that is alone.
/// </summary>
/// <remarks>The mark is a shared lock on a file, which the operating system takes back from a killed process.</remarks>
internal sealed partial class StoreUse : IDisposable
{
    private static readonly TimeSpan s_sweepTime = TimeSpan.FromMinutes(5), s_certainlyLeft = TimeSpan.FromDays(2);

    private readonly string folder;
    private FileStream? mark;

    private StoreUse(string folder) => this.folder = folder;

    /// <summary>Removes leftovers if no other process uses the store, and marks it as used.</summary>
    public static StoreUse Enter(string folder)
    {
        var use = new StoreUse(folder);
        use.SweepIfAlone();
        return use;
    }

    /// <summary>Removes leftovers if no other process uses the store.</summary>
    public void SweepIfAlone()
    {
        Dispose();
        if (TryLock() is { } alone)
        {
            using (alone)
            {
                // Some network file systems grant every lock; then age must tell.
                using var second = TryLock();
                Sweep(second is null ? TimeSpan.Zero : s_certainlyLeft);
            }
        }

        mark = Share();
    }

    /// <summary>Takes the mark away.</summary>
    public void Dispose()
    {
        mark?.Dispose();
        mark = null;
    }

    private void Sweep(TimeSpan age)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*" + AtomicFile.TemporaryEnding, SearchOption.AllDirectories))
        {
            if (Leftover().IsMatch(file.Name) && (age == TimeSpan.Zero || DateTime.UtcNow - file.LastWriteTimeUtc >= age))
            {
                file.Delete();
            }
        }
    }

    private FileStream? TryLock()
    {
        try
        {
            return new FileStream(Path.Combine(folder, StoreLayout.Lock), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException) when (File.Exists(Path.Combine(folder, StoreLayout.Lock)))
        {
            return null;
        }
    }

    private FileStream Share()
    {
        var path = Path.Combine(folder, StoreLayout.Lock);
        for (var end = DateTime.UtcNow + s_sweepTime; ; Thread.Sleep(10))
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read, 1);
            }
            catch (IOException) when (DateTime.UtcNow < end && File.Exists(path))
            {
                // Another process is sweeping.
            }
        }
    }

    // Only names that AtomicFile gives: the folder may hold files of the user's.
    [GeneratedRegex(@"\.[0-9a-f]{32}\.tmp$")]
    private static partial Regex Leftover();
}
