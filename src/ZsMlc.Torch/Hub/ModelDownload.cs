namespace ZsMlc.Torch.Hub;

/// <summary>What a download would fetch, found by asking the hub; and the download itself.</summary>
public sealed class ModelDownload
{
    private readonly ModelName _name;
    private readonly ModelHubOptions _options;
    private readonly CachedModel _model;
    private readonly HubClient _client;
    private readonly HubTree _tree;

    private ModelDownload(ModelName name, ModelHubOptions options, HubClient client, string commit, HubTree tree)
    {
        (_name, _options, _client, _tree, Commit) = (name, options, client, tree, commit);
        _model = new(options.CacheFolder, name.Id);
        var needed = NeededFiles.Choices(tree.Files.Keys.ToHashSet(), options.Variant).FirstOrDefault() ?? throw new ModelHubException(CacheSearch.NoWeights(name));
        Files = [.. needed.Select(path => new ModelFile(path, tree.Files[path].Size, CachedModel.IsThere(_model.SnapshotFile(commit, path))))];
    }

    /// <summary>Gets the commit that the revision points at, 40 hexadecimal digits.</summary>
    public string Commit { get; }

    /// <summary>Gets the files that are needed: configurations, vocabularies and one set of weights.</summary>
    public IReadOnlyList<ModelFile> Files { get; }

    /// <summary>Gets how many bytes are still to be fetched.</summary>
    public long MissingBytes => Files.Where(f => !f.IsCached).Sum(f => f.Size);

    /// <summary>Asks the hub what a model consists of; nothing is fetched or written.</summary>
    internal static async Task<ModelDownload> PlanAsync(ModelName name, ModelHubOptions options, CancellationToken cancellationToken)
    {
        if (options.Offline)
        {
            throw new ModelHubException($"'{name}' would have to be fetched, but the network is not to be used (HF_HUB_OFFLINE).");
        }

        var client = new HubClient(name, options);
        var commit = await client.CommitAsync(cancellationToken).ConfigureAwait(false);
        return new(name, options, client, commit, await client.TreeAsync(commit, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Fetches what is missing. A download that fails or is cancelled keeps what has come, and the next one goes on from there.</summary>
    /// <param name="progress">Is told how far the download is, at most ten times a second and at each file's start.</param>
    /// <param name="cancellationToken">Ends the download.</param>
    /// <returns>The model's folder.</returns>
    /// <exception cref="ModelHubException">The hub refuses, cannot be reached, or sends other bytes than it announced.</exception>
    /// <exception cref="IOException">The disk is full or cannot be written.</exception>
    public async Task<string> RunAsync(IProgress<ModelDownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var missing = Files.Where(f => !f.IsCached).ToList();
        Directory.CreateDirectory(_model.Folder);
        CheckSpace();
        _model.WriteTree(Commit, _tree);
        var meter = new DownloadMeter(progress, MissingBytes);
        var blobs = new BlobDownload(_client, _model, _name, meter.Report);
        foreach (var file in missing)
        {
            var hash = await blobs.RunAsync(Commit, file.Path, cancellationToken).ConfigureAwait(false);
            _model.Place(hash, Commit, file.Path, _options.UseLinks);
            meter.Finish(file);
        }

        // Last, so that the name goes on meaning the whole older snapshot until the new one is whole.
        _model.WriteRef(_name.Revision, Commit);
        return _model.Snapshot(Commit);
    }

    private void CheckSpace()
    {
        var partial = Directory.Exists(_model.Blob("")) ? Directory.EnumerateFiles(_model.Blob(""), "*.incomplete").Sum(f => new FileInfo(f).Length) : 0;
        var (needed, free) = (MissingBytes - partial, new DriveInfo(Path.GetFullPath(_model.Folder)).AvailableFreeSpace);
        if (needed > free)
        {
            throw new IOException(FormattableString.Invariant($"'{_name}' needs {needed / 1e9:0.##} GB more, but the disk of the cache {_options.CacheFolder} has only {free / 1e9:0.##} GB free. Make room, or let HF_HUB_CACHE name a folder on another disk."));
        }
    }
}
