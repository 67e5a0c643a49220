using System.Security.Cryptography;
using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>A folder of generated images, the records of how they came about, and their prompts.</summary>
/// <remarks>
/// A record is written after its image, so what is recorded is there. Every file is whole or absent, whenever a process is killed;
/// and since an image depends on its slot and attempt alone, processes that write the same file write the same bytes.
/// </remarks>
internal sealed class SyntheticStore : IDisposable
{
    private readonly string id;
    private readonly StoreUse? use;

    private SyntheticStore(string path, StoreIdentity identity, IReadOnlyList<string> candidates, StoreUse? use)
    {
        (Path, Candidates, this.use) = (path, candidates, use);
        id = identity.Id;
    }

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    /// <summary>The labels that <see cref="AttemptRecord.Scores"/> are about, in order; empty without a filter.</summary>
    public IReadOnlyList<string> Candidates { get; }

    /// <summary>Opens a store to add to it, or makes it. Several processes may have it open.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="identity">What its images depend on.</param>
    /// <param name="candidates">The labels that scores are about, in order; empty without a filter.</param>
    /// <exception cref="StoreMismatchException">The folder holds images of another identity.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static SyntheticStore Open(string path, StoreIdentity identity, IReadOnlyList<string> candidates)
    {
        path = System.IO.Path.GetFullPath(path);
        identity.WithCandidates(candidates);
        return Guarded(path, path, () =>
        {
            Directory.CreateDirectory(path);

            // Before anything is written: another process might take it for something left by a killed one.
            var use = StoreUse.Enter(path);
            try
            {
                Identify(path, identity);
                return new SyntheticStore(path, identity, candidates, use);
            }
            catch
            {
                use.Dispose();
                throw;
            }
        });
    }

    /// <summary>Opens a store to read it.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no store.</exception>
    /// <exception cref="StoreMismatchException">The folder holds images of another identity.</exception>
    public static SyntheticStore OpenExisting(string path, StoreIdentity identity, IReadOnlyList<string> candidates)
    {
        path = System.IO.Path.GetFullPath(path);
        identity.WithCandidates(candidates);
        return StoreCheck.IsOf(path, identity)
            ? new SyntheticStore(path, identity, candidates, null)
            : throw new DirectoryNotFoundException($"There is no store of synthetic images at '{path}': {StoreLayout.Identity} is missing or damaged. Fit the generator again, or copy the store to that place.");
    }

    /// <summary>The record of a slot; <see langword="null"/> where there is none, or a damaged one.</summary>
    public SlotRecord? Read(int slot, IReadOnlyList<string> labels) =>
        RecordFile.Read(Full(StoreLayout.Record(slot))) is { } record && record.Slot == slot && record.Store == id && record.Labels.SequenceEqual(labels)
            && record.Attempts.All(a => a.Scores.Count == 0 || a.Scores.Count == Candidates.Count) ? record : null;

    /// <summary>Whether the image of an attempt, if one was kept, is as recorded.</summary>
    public bool IsIntact(AttemptRecord attempt)
    {
        if (attempt.Image is not { } image)
        {
            return true;
        }

        if (!HasImage(image))
        {
            return false;
        }

        using var stream = File.OpenRead(Full(image.File));
        return Convert.ToHexStringLower(SHA256.HashData(stream)) == image.Sha256;
    }

    /// <summary>Whether all images of a record are there, by their lengths.</summary>
    public bool HasImages(SlotRecord record) => record.Attempts.All(attempt => attempt.Image is null || HasImage(attempt.Image));

    /// <summary>Keeps an image.</summary>
    /// <param name="file">Its path from the store's folder.</param>
    /// <param name="bytes">The encoded image.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    public StoredImage Write(string file, byte[] bytes, int width, int height)
    {
        Write(file, bytes);
        return new StoredImage(file, width, height, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>Records one attempt; its image must have been written.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="labels">Its labels.</param>
    /// <param name="attempt">The attempt, from 0.</param>
    /// <param name="known">The attempts that the caller knows of; at least those before this one.</param>
    /// <param name="outcome">What became of it.</param>
    /// <returns>The record as it is now.</returns>
    public SlotRecord Record(int slot, IReadOnlyList<string> labels, int attempt, IReadOnlyList<AttemptRecord> known, AttemptRecord outcome)
    {
        // Another process on the same slots may have got further.
        var before = Read(slot, labels);
        var attempts = (before is not null && before.Attempts.Count >= attempt ? before.Attempts : known).ToList();
        var rest = outcome.Accepted ? [] : attempts.Skip(attempt + 1);
        var record = new SlotRecord(slot, id, labels, [.. attempts.Take(attempt), outcome, .. rest]);
        var bytes = RecordFile.ToBytes(record);
        if (before is null || !RecordFile.ToBytes(before).AsSpan().SequenceEqual(bytes))
        {
            Write(StoreLayout.Record(slot), bytes);
        }

        return record;
    }

    /// <summary>Writes a file of the store.</summary>
    /// <param name="file">Its path from the store's folder.</param>
    /// <param name="write">Writes the contents.</param>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    public void Write(string file, Action<Stream> write) => Guarded(Path, Full(file), () =>
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Full(file))!);
        AtomicFile.Write(Full(file), write);
        return true;
    });

    /// <summary>The records of the plan's slots in order, <see langword="null"/> where there is none; read lazily.</summary>
    public IEnumerable<SlotRecord?> RecordsOf(GenerationPlan plan) => Enumerable.Range(0, plan.Count).Select(slot => Read(slot, plan.SetOf(slot).Labels));

    /// <summary>Removes what killed processes left, if no other process uses the store.</summary>
    public void Sweep() => use?.SweepIfAlone();

    /// <inheritdoc/>
    public void Dispose() => use?.Dispose();

    private static void Identify(string path, StoreIdentity identity)
    {
        if (StoreCheck.IsOf(path, identity))
        {
            return;
        }

        StoreCheck.RecordsAreOf(path, identity);
        var file = System.IO.Path.Combine(path, StoreLayout.Identity);
        if (!AtomicFile.TryCreate(file, Write) && !StoreCheck.IsOf(path, identity))
        {
            // The file is damaged.
            AtomicFile.Write(file, Write);
        }

        void Write(Stream stream) => stream.Write(identity.ToBytes());
    }

    private static T Guarded<T>(string store, string file, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (IOException e)
        {
            throw new IOException($"The image store '{store}' could not be written, at '{file}': {e.Message} What it holds stays valid: run again when the cause is gone, and it goes on from there.", e);
        }
    }

    private bool HasImage(StoredImage image) => new FileInfo(Full(image.File)) is { Exists: true } file && file.Length == image.Length;

    private void Write(string file, byte[] bytes) => Write(file, stream => stream.Write(bytes));

    /// <summary>The full path of a file of the store.</summary>
    public string Full(string file) => System.IO.Path.Combine(Path, file);
}
