using System.Text.Json;

namespace ZsMlc.Torch.Hub;

/// <summary>What the hub is asked: which commit a revision is, which files it has, and what a file is.</summary>
internal sealed class HubClient(ModelName name, ModelHubOptions options)
{
    private const int MaxPages = 1000;

    private readonly HubConnection _connection = new(name, options);

    /// <summary>Asks for the commit that the revision points at.</summary>
    public async Task<string> CommitAsync(CancellationToken cancellationToken)
    {
        var (commit, _) = await AskAsync($"/api/models/{name.Id}/revision/{Uri.EscapeDataString(name.Revision)}", root => root.GetProperty("sha").GetString()!, cancellationToken).ConfigureAwait(false);
        return ModelName.IsCommit(commit) ? commit : throw Contradiction($"gives '{commit}' as the commit of '{name}'; expected 40 hexadecimal digits");
    }

    /// <summary>Asks for the files of a commit, page by page.</summary>
    public async Task<HubTree> TreeAsync(string commit, CancellationToken cancellationToken)
    {
        Dictionary<string, HubTree.Entry> files = [];
        var page = $"/api/models/{name.Id}/tree/{commit}?recursive=true&expand=false";
        for (var pages = 0; page is not null; pages++)
        {
            if (pages == MaxPages)
            {
                throw Contradiction($"lists the files of '{name}' on more than {MaxPages} pages");
            }

            (var entries, page) = await AskAsync(page, root => root.EnumerateArray().Where(IsFile).Select(Entry).ToList(), cancellationToken).ConfigureAwait(false);
            entries.ForEach(e => files[e.Path] = e.Entry);
        }

        return new(HubTree.Format, files);
    }

    /// <summary>Asks for a file's hash and length.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The hash by which the cache names its blob: SHA-256, or Git's for small files.</returns>
    public async Task<(string Hash, long Size)> HeadAsync(string commit, string path, CancellationToken cancellationToken)
    {
        using var response = await _connection.SendAsync(HttpMethod.Head, Address(commit, path), path, 0, cancellationToken).ConfigureAwait(false);
        string? Header(string key) => response.Headers.TryGetValues(key, out var values) ? values.First() : null;
        var hash = (Header("X-Linked-Etag") ?? Header("ETag") ?? "").Replace("W/", "", StringComparison.Ordinal).Trim('"');
        if (!BlobHash.IsKnown(hash))
        {
            throw Contradiction($"gives '{hash}' as the hash of '{path}' of '{name}', by which the file cannot be checked; expected 40 or 64 hexadecimal digits");
        }

        var size = long.TryParse(Header("X-Linked-Size"), out var linked) ? linked : Location(response) ? null : response.Content.Headers.ContentLength;
        return (hash, size ?? throw Contradiction($"does not say how long '{path}' of '{name}' is"));
    }

    /// <summary>Asks for the bytes of a file from an offset on; the answer may begin at 0 all the same.</summary>
    public Task<HttpResponseMessage> GetAsync(string commit, string path, long offset, CancellationToken cancellationToken) =>
        _connection.SendAsync(HttpMethod.Get, Address(commit, path), path, offset, cancellationToken);

    private static bool Location(HttpResponseMessage response) => response.Headers.Location is not null;

    private async Task<(T Value, string? Next)> AskAsync<T>(string address, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        using var response = await _connection.SendAsync(HttpMethod.Get, address, null, 0, cancellationToken).ConfigureAwait(false);
        try
        {
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
            return (read(document.RootElement), Next(response));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or HttpRequestException)
        {
            throw new ModelHubException($"{options.Endpoint} answers {address.Split('?')[0]} with something else than the hub's description of a model: {e.Message}", e);
        }
    }

    // Link: <https://…>; rel="next"
    private static string? Next(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Link", out var links)
            ? links.SelectMany(l => l.Split(',')).Where(l => l.Contains("rel=\"next\"", StringComparison.Ordinal)).Select(l => l.Split('<', '>')[1]).FirstOrDefault()
            : null;

    private static bool IsFile(JsonElement entry) => entry.GetProperty("type").GetString() == "file";

    private static (string Path, HubTree.Entry Entry) Entry(JsonElement entry)
    {
        var (path, size, id) = (entry.GetProperty("path").GetString()!, entry.GetProperty("size").GetInt64(), entry.GetProperty("oid").GetString());
        return (path, entry.TryGetProperty("lfs", out var large) && large.ValueKind == JsonValueKind.Object
            ? new(size, id, large.GetProperty("oid").GetString(), large.GetProperty("size").GetInt64())
            : new(size, id));
    }

    private string Address(string commit, string path) => $"/{name.Id}/resolve/{commit}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}";

    private ModelHubException Contradiction(string what) => new($"{options.Endpoint} {what}.");
}
