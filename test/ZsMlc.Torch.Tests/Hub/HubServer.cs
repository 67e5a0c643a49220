using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ZsMlc.Torch.Tests.Hub;

/// <summary>
/// A hub on the loopback interface with one model: it answers as the reference's loopback hub does, and serves large files from
/// another port, which stands for another host.
/// </summary>
internal sealed class HubServer : IDisposable
{
    public const string Model = "example/tiny-sd", Commit = "1111111111111111111111111111111111111111";

    private readonly TcpListener _hub = new(IPAddress.Loopback, 0), _store = new(IPAddress.Loopback, 0);
    private readonly List<Request> _requests = [];
    private readonly Dictionary<string, byte[]> _files;

    public HubServer(Dictionary<string, byte[]> files)
    {
        _files = files;
        _hub.Start();
        _store.Start();
        _ = AcceptAsync(_hub, Hub);
        _ = AcceptAsync(_store, Store);
    }

    public Uri Endpoint => new($"http://127.0.0.1:{((IPEndPoint)_hub.LocalEndpoint).Port}");

    /// <summary>Entries on a page of the list of files.</summary>
    public int PageSize { get; init; } = 1000;

    /// <summary>Answers in place of the hub, unless with null.</summary>
    public Func<Request, Answer?>? Fault { get; set; }

    /// <summary>Everything that was asked.</summary>
    public IReadOnlyList<Request> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static string GitHash(byte[] bytes) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));

    public void Dispose()
    {
        _hub.Dispose();
        _store.Dispose();
    }

    private static bool IsLarge(string path) => path.EndsWith(".safetensors", StringComparison.Ordinal) || path.EndsWith(".bin", StringComparison.Ordinal);

    private Answer Hub(Request request)
    {
        var parts = request.Path.Trim('/').Split('/');
        if (parts[0] == "api")
        {
            return string.Join('/', parts[2..4]) != Model ? Refusal(404, "RepoNotFound")
                : parts[5] is not ("main" or Commit) ? Refusal(404, "RevisionNotFound")
                : parts[4] == "tree" ? Tree(request)
                : new(200, JsonSerializer.SerializeToUtf8Bytes(new { id = Model, sha = Commit }));
        }

        if (string.Join('/', parts[..2]) != Model)
        {
            return Refusal(401, "RepoNotFound");
        }

        var path = string.Join('/', parts[4..]);
        if (!_files.TryGetValue(path, out var bytes))
        {
            return Refusal(404, "EntryNotFound");
        }

        var address = $"http://127.0.0.1:{((IPEndPoint)_store.LocalEndpoint).Port}/{path}";
        return IsLarge(path)
            ? new(302, []) { Headers = [("X-Linked-Size", $"{bytes.Length}"), ("X-Linked-Etag", $"\"{Sha256(bytes)}\""), ("Location", address), ("ETag", "\"other\"")] }
            : new(200, bytes) { Headers = [("ETag", $"\"{GitHash(bytes)}\"")] };
    }

    private Answer Store(Request request)
    {
        var bytes = _files[request.Path.Trim('/')];
        return request.From is { } from ? new(206, bytes[from..]) { Headers = [("Content-Range", $"bytes {from}-{bytes.Length - 1}/{bytes.Length}")] } : new(200, bytes);
    }

    private Answer Tree(Request request)
    {
        var start = request.Query.Split("cursor=") is [_, var cursor] ? int.Parse(cursor) : 0;
        var entries = _files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => IsLarge(f.Key)
            ? (object)new { type = "file", oid = GitHash(f.Value), size = f.Value.Length, path = f.Key, lfs = new { oid = Sha256(f.Value), size = f.Value.Length, pointerSize = 129 } }
            : new { type = "file", oid = GitHash(f.Value), size = f.Value.Length, path = f.Key });
        var next = start + PageSize < _files.Count ? new[] { ("Link", $"<{Endpoint}api/models/{Model}/tree/{Commit}?recursive=true&cursor={start + PageSize}>; rel=\"next\"") } : [];
        return new(200, JsonSerializer.SerializeToUtf8Bytes(entries.Skip(start).Take(PageSize).Prepend(new { type = "directory", oid = "", size = 0, path = "unet" }))) { Headers = next };
    }

    private static Answer Refusal(int status, string code) => new(status, []) { Headers = [("X-Error-Code", code)] };

    private async Task AcceptAsync(TcpListener listener, Func<Request, Answer> answer)
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(), listener == _store, answer);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient connection, bool isStore, Func<Request, Answer> normal)
    {
        using var client = connection;
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        try
        {
            var first = (await reader.ReadLineAsync() ?? "").Split(' ');
            Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
            while (await reader.ReadLineAsync() is { Length: > 0 } line)
            {
                headers[line.Split(": ")[0]] = line.Split(": ")[1];
            }

            var target = first[1].Split('?');
            var request = new Request(first[0], Uri.UnescapeDataString(target[0]), target.ElementAtOrDefault(1) ?? "", isStore, headers);
            lock (_requests)
            {
                _requests.Add(request);
            }

            var answer = Fault?.Invoke(request) ?? normal(request);
            var head = new StringBuilder($"HTTP/1.1 {answer.Status} X\r\nContent-Length: {answer.Body.Length}\r\nConnection: close\r\n");
            foreach (var (key, value) in answer.Headers)
            {
                head.Append($"{key}: {value}\r\n");
            }

            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
            if (request.Method != "HEAD")
            {
                await client.GetStream().WriteAsync(answer.Body.AsMemory(0, answer.Sent ?? answer.Body.Length));
            }
        }
        catch (IOException)
        {
            // The client hung up, as a cancelled one does.
        }
    }

    internal sealed record Request(string Method, string Path, string Query, bool IsStore, IReadOnlyDictionary<string, string> Headers)
    {
        public string? Range => Headers.GetValueOrDefault("Range");

        public int? From => Range is { } range ? int.Parse(range["bytes=".Length..^1]) : null;
    }

    internal sealed record Answer(int Status, byte[] Body)
    {
        public IReadOnlyList<(string Key, string Value)> Headers { get; init; } = [];

        /// <summary>Bytes after which the connection breaks.</summary>
        public int? Sent { get; init; }
    }
}
