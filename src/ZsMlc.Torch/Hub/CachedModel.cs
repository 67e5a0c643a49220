namespace ZsMlc.Torch.Hub;

/// <summary>One model's folder in the hub's cache: refs, snapshots, blobs and trees.</summary>
/// <param name="cache">The cache's folder.</param>
/// <param name="id">Owner and name.</param>
internal sealed class CachedModel(string cache, string id)
{
    private const string Tag = "CACHEDIR.TAG";

    private readonly string _name = "models--" + id.Replace("/", "--", StringComparison.Ordinal);

    public string Folder => Path.Combine(cache, _name);

    public string Snapshot(string commit) => Path.Combine(Folder, "snapshots", commit);

    public string SnapshotFile(string commit, string path) => Path.Combine([Snapshot(commit), .. path.Split('/')]);

    /// <summary>Whether a file is there, and if it is a link, its blob as well.</summary>
    public static bool IsThere(string file) => File.Exists(file) && (new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true)?.Exists ?? true);

    public string Blob(string hash) => Path.Combine(Folder, "blobs", hash);

    /// <summary>Where the hub's own client locks a blob too, while it is fetched.</summary>
    public string Lock(string hash) => Path.Combine(cache, ".locks", _name, hash + ".lock");

    /// <summary>The commit of a revision, as far as the cache knows.</summary>
    public string? Commit(string revision) =>
        ModelName.IsCommit(revision) ? revision
        : File.Exists(Ref(revision)) && File.ReadAllText(Ref(revision)).Trim() is var commit && ModelName.IsCommit(commit) ? commit
        : null;

    public HubTree? Tree(string commit) => HubTree.Read(TreeFile(commit));

    /// <summary>Notes what a revision points at.</summary>
    public void WriteRef(string revision, string commit)
    {
        if (revision != commit)
        {
            Write(Ref(revision), System.Text.Encoding.ASCII.GetBytes(commit));
        }
    }

    /// <summary>Notes the files of a commit.</summary>
    public void WriteTree(string commit, HubTree tree)
    {
        var tag = Path.Combine(cache, Tag);
        if (!File.Exists(tag))
        {
            // https://bford.info/cachedir: programs that make backups leave such a folder out.
            Write(tag, "Signature: 8a477f597d28d172789f06886806bc55\n# Models fetched from a hub, which can be fetched again.\n"u8.ToArray());
        }

        Write(TreeFile(commit), tree.ToJson());
    }

    /// <summary>Shows a blob in a snapshot, by a relative link, or where links are not possible by the file itself.</summary>
    /// <param name="hash">The blob.</param>
    /// <param name="commit">The snapshot.</param>
    /// <param name="path">The file in it.</param>
    /// <param name="link">Whether to try a link.</param>
    public void Place(string hash, string commit, string path, bool link)
    {
        var (blob, target) = (Blob(hash), SnapshotFile(commit, path));
        var folder = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(folder);

        // A link whose blob is gone.
        File.Delete(target);
        if (link)
        {
            try
            {
                File.CreateSymbolicLink(target, Path.GetRelativePath(folder, blob));
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Windows without the right to make links, and file systems that have none.
            }
        }

        Replace(target, temporary => File.Copy(blob, temporary));
    }

    private string Ref(string revision) => Path.Combine([Folder, "refs", .. revision.Split('/')]);

    private string TreeFile(string commit) => Path.Combine(Folder, "trees", commit + ".json");

    private static void Write(string path, byte[] contents)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Replace(path, temporary => File.WriteAllBytes(temporary, contents));
    }

    // Others see the old file or the whole new one.
    private static void Replace(string path, Action<string> write)
    {
        var temporary = $"{path}.{Guid.NewGuid():n}.incomplete";
        try
        {
            write(temporary);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
