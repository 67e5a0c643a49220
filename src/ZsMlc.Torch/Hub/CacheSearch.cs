namespace ZsMlc.Torch.Hub;

/// <summary>Looks for a model in the local cache.</summary>
internal static class CacheSearch
{
    /// <summary>Finds the folder of a model whose files are all there.</summary>
    /// <returns>The snapshot's folder; or null with the reason and the command that mends it.</returns>
    public static (string? Folder, string Problem) Find(ModelName name, ModelHubOptions options)
    {
        var model = new CachedModel(options.CacheFolder, name.Id);
        var commit = model.Commit(name.Revision);
        if (commit is null || !Directory.Exists(model.Snapshot(commit)))
        {
            var known = Directory.Exists(model.Folder) ? $"has the model, but not the revision '{name.Revision}'" : "has no model of that name";
            return (null, $"There is no file or folder '{name}', and the hub's cache {options.CacheFolder} {known}. {Advice(name, [])}");
        }

        var snapshot = model.Snapshot(commit);
        if (model.Tree(commit) is not { } tree)
        {
            // Written by an older client: what the snapshot lacks is not known, and the readers say it.
            var present = Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories).Where(CachedModel.IsThere).Select(f => Path.GetRelativePath(snapshot, f).Replace('\\', '/')).ToHashSet();
            return NeededFiles.Choices(present, options.Variant).Any() ? (snapshot, "")
                : (null, $"The snapshot {snapshot} of '{name}' holds no model that can be read, only {Listed(present)}. {Advice(name, [])}");
        }

        var missing = new[] { options.Variant, null, "fp16" }.SelectMany(variant => NeededFiles.Choices(tree.Files.Keys.ToHashSet(), variant))
            .Select(files => files.Where(f => !CachedModel.IsThere(model.SnapshotFile(commit, f))).ToList()).MinBy(files => files.Count);
        return missing switch
        {
            null => (null, NoWeights(name)),
            [] => (snapshot, ""),
            _ => (null, $"The snapshot {snapshot} of '{name}' is incomplete: it lacks {Listed(missing)}. {Advice(name, missing)}"),
        };
    }

    /// <summary>What to say of a model that has only weights of other kinds.</summary>
    public static string NoWeights(ModelName name) =>
        $"The model '{name}' has no weights in a form that is read here: no model.safetensors, diffusion_pytorch_model.safetensors or open_clip_model.safetensors, or not for every network. Choose a revision that has them, or convert the model.";

    private static string Listed(IReadOnlyCollection<string> files) =>
        files.Count == 0 ? "no file" : string.Join(", ", files.Order(StringComparer.Ordinal).Take(12)) + (files.Count > 12 ? $" and {files.Count - 12} more" : "");

    private static string Advice(ModelName name, IReadOnlyCollection<string> files) =>
        $"Get it with '{name.Command(files)}', or allow the download: await {nameof(ModelHub)}.{nameof(ModelHub.ResolveAsync)}(\"{name}\", allowDownload: true).";
}
