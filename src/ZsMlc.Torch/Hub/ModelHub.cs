namespace ZsMlc.Torch.Hub;

/// <summary>
/// Finds models by name. Wherever the path of a checkpoint stands, a name on the Hugging Face hub may stand, such as
/// <c>openai/clip-vit-base-patch32</c> or <c>org/name@revision</c>: a file or folder of that path comes first, then the local
/// cache, which is that of the hub's own client. The network is used by <see cref="ResolveAsync"/> and <see cref="PlanAsync"/> alone.
/// </summary>
public static class ModelHub
{
    /// <summary>Gets the path of a checkpoint from a path or a name, without the network.</summary>
    /// <param name="path">A file, a folder, or a model's name.</param>
    /// <param name="options">Where the cache is; by default as the environment variables of the hub's own client say.</param>
    /// <returns>The path itself, the folder of a cached model, or, where <paramref name="path"/> can be no name, the path, whether or not something is there.</returns>
    /// <exception cref="FileNotFoundException">It is a name, and the cache lacks the model or files of it; the message says how to get them.</exception>
    public static string Resolve(string path, ModelHubOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (NameIn(path) is not { } name)
        {
            return path;
        }

        var (folder, problem) = CacheSearch.Find(name, options ?? new());
        return folder ?? throw new FileNotFoundException(problem, path);
    }

    /// <summary>Gets the path of a checkpoint from a path or a name, from the hub if need be and allowed.</summary>
    /// <param name="path">A file, a folder, or a model's name.</param>
    /// <param name="allowDownload">
    /// Whether what the cache lacks may be fetched: configurations, vocabularies and one set of safetensors weights. A cached model is
    /// taken as it is; the hub is not asked for a newer one.
    /// </param>
    /// <param name="options">Where the cache and the hub are; by default as the environment variables of the hub's own client say.</param>
    /// <param name="progress">Is told how far the download is.</param>
    /// <param name="cancellationToken">Ends the download; what has come stays for the next one.</param>
    /// <returns>As for <see cref="Resolve"/>.</returns>
    /// <exception cref="FileNotFoundException">The cache lacks the model or files of it, and no download is allowed.</exception>
    /// <exception cref="ModelHubException">The hub refuses, cannot be reached, or sends other bytes than it announced.</exception>
    /// <exception cref="IOException">The disk is full or cannot be written.</exception>
    public static async Task<string> ResolveAsync(
        string path, bool allowDownload = false, ModelHubOptions? options = null, IProgress<ModelDownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new();
        if (!allowDownload || NameIn(path) is not { } name)
        {
            return Resolve(path, options);
        }

        return CacheSearch.Find(name, options).Folder
            ?? await (await ModelDownload.PlanAsync(name, options, cancellationToken).ConfigureAwait(false)).RunAsync(progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks the hub what a model consists of, and what of it is cached; nothing is fetched.</summary>
    /// <param name="name">A model's name.</param>
    /// <param name="options">Where the cache and the hub are; by default as the environment variables of the hub's own client say.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">It is no name.</exception>
    /// <exception cref="ModelHubException">The hub refuses or cannot be reached.</exception>
    public static Task<ModelDownload> PlanAsync(string name, ModelHubOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return ModelDownload.PlanAsync(
            ModelName.Parse(name) ?? throw new ArgumentException($"'{name}' is no name of a model; expected org/name or org/name@revision.", nameof(name)), options ?? new(), cancellationToken);
    }

    private static ModelName? NameIn(string path) => Path.Exists(path) ? null : ModelName.Parse(path);
}
