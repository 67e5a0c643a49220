using System.Net;

namespace ZsMlc.Torch.Hub;

/// <summary>Fetches one file into the cache's blobs: goes on where an earlier try ended, checks the hash, and puts it in place whole or not at all.</summary>
internal sealed class BlobDownload(HubClient client, CachedModel model, ModelName name, Action<string, long> report)
{
    private const int Tries = 5;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60), s_lockWait = TimeSpan.FromMilliseconds(200);

    /// <summary>Fetches a file unless its blob is there.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Ends the download; what has come stays for the next try.</param>
    /// <returns>The blob's hash.</returns>
    /// <exception cref="ModelHubException">The hub refuses, breaks off again and again, or sends other bytes than it announced.</exception>
    public async Task<string> RunAsync(string commit, string path, CancellationToken cancellationToken)
    {
        var (hash, size) = await client.HeadAsync(commit, path, cancellationToken).ConfigureAwait(false);
        var blob = model.Blob(hash);
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        await using var locked = await LockAsync(model.Lock(hash), cancellationToken).ConfigureAwait(false);
        if (File.Exists(blob))
        {
            report(path, size);
            return hash;
        }

        var incomplete = blob + ".incomplete";
        await using (var file = new FileStream(incomplete, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 0, useAsync: true))
        {
            await FillAsync(file, size, commit, path, cancellationToken).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }

        var found = await BlobHash.OfAsync(incomplete, hash, cancellationToken).ConfigureAwait(false);
        if (found != hash)
        {
            File.Delete(incomplete);
            throw new ModelHubException($"The file '{path}' of '{name}' came with the hash {found}; the hub announced {hash}. It was thrown away: download it again, and if that does not help, the hub or a proxy changes files on the way.");
        }

        File.Move(incomplete, blob);
        return hash;
    }

    private async Task FillAsync(FileStream file, long size, string commit, string path, CancellationToken cancellationToken)
    {
        // A longer file than announced belongs to something else.
        if (file.Length > size)
        {
            file.SetLength(0);
        }

        file.Position = file.Length;
        for (var failures = 0; file.Position < size;)
        {
            var before = file.Position;
            report(path, before);
            using (var response = await client.GetAsync(commit, path, before, cancellationToken).ConfigureAwait(false))
            {
                if (before > 0 && (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != before))
                {
                    // The server knows no ranges: from the start.
                    file.SetLength(0);
                }

                if (response.IsSuccessStatusCode)
                {
                    await CopyAsync(response.Content, file, size, path, cancellationToken).ConfigureAwait(false);
                }
            }

            if (file.Position == size)
            {
                return;
            }

            if (file.Position > size)
            {
                file.SetLength(0);
                throw new ModelHubException($"The hub sends more than the {size} bytes that it announced for '{path}' of '{name}'.");
            }

            failures = file.Position > before ? 0 : failures + 1;
            if (failures == Tries)
            {
                throw new ModelHubException($"The hub broke off '{path}' of '{name}' {Tries} times after {file.Position} of {size} bytes. What has come is kept: download it again to go on.");
            }

            await Task.Delay(TimeSpan.FromSeconds(Math.Pow(2, failures) / 8), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CopyAsync(HttpContent content, FileStream file, long size, string path, CancellationToken cancellationToken)
    {
        var body = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new byte[1 << 17];
        while (file.Position <= size && await ReadAsync(body, buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            report(path, file.Position);
        }
    }

    /// <summary>Reads some bytes; a connection that breaks or says nothing for a minute has ended.</summary>
    private static async Task<int> ReadAsync(Stream body, byte[] buffer, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            return await body.ReadAsync(buffer, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    /// <summary>Waits until no other process fetches the blob.</summary>
    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(s_lockWait, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
