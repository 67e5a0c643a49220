using ZsMlc.MLNet.SyntheticData;

namespace ZsMlc.Samples.TagImages.Bulk;

/// <summary>A work in parts: any number of processes may do it together, be killed, and go on.</summary>
internal sealed class BulkWork
{
    private readonly PartFolder _parts;
    private readonly PictureList _list;

    private BulkWork(PartFolder parts, TaggingJob job) =>
        (_parts, Job, _list) = (parts, job, new(parts.List, job.Pictures, job.PassedOver, job.List));

    public TaggingJob Job { get; }

    /// <summary>Opens the work that was begun in a folder.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static BulkWork Open(DirectoryInfo folder)
    {
        var parts = new PartFolder(folder.FullName);
        return new(parts, TaggingJob.Read(parts.Job));
    }

    /// <summary>Begins a work, or goes on with it.</summary>
    /// <param name="folder">Where its parts are kept.</param>
    /// <param name="pictures">The folder of pictures.</param>
    /// <param name="describe">The job, for the list of pictures.</param>
    /// <exception cref="InvalidOperationException">The folder holds parts of another work, or the pictures are not the same any more.</exception>
    public static BulkWork Begin(DirectoryInfo folder, DirectoryInfo pictures, Func<PictureList, TaggingJob> describe)
    {
        folder.Create();
        WholeFile.Sweep(folder);
        var parts = new PartFolder(folder.FullName);
        var begun = File.Exists(parts.Job) ? TaggingJob.Read(parts.Job) : null;

        // Listed anew, so that a picture that came or went since is noticed.
        var now = begun is null || !File.Exists(parts.List) ? parts.List : Path.Combine(folder.FullName, $"{Guid.NewGuid():n}.tmp");
        try
        {
            var job = describe(PictureList.Write(pictures, now));
            if (begun is not null && job.DifferencesFrom(begun).ToList() is { Count: > 0 } differences)
            {
                throw new InvalidOperationException($"The parts in {folder.FullName} are of another work: {string.Join("; ", differences)}. Use another --out, or delete that folder to begin again.");
            }

            if (begun is null)
            {
                job.Write(parts.Job);
            }

            return new(parts, begun ?? job);
        }
        finally
        {
            if (now != parts.List)
            {
                File.Delete(now);
            }
        }
    }

    /// <summary>Makes the parts of a shard that are not there yet.</summary>
    /// <param name="shard">Which parts.</param>
    /// <param name="tag">Tags the pictures of a part, in order.</param>
    /// <param name="progress">Is told of every part.</param>
    /// <param name="cancellationToken">Stops behind a part.</param>
    public void Run(Shard shard, Func<IReadOnlyList<string>, IReadOnlyList<TaggedPicture>> tag, Throughput progress, CancellationToken cancellationToken)
    {
        foreach (var (part, files) in Mine(shard))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_parts.Read(part, files) is { } there)
            {
                progress.Skip(there.Count);
                continue;
            }

            _parts.Write(part, tag(files));
            progress.Add(files.Length);
        }
    }

    /// <summary>Number of pictures of a shard.</summary>
    public int CountOf(Shard shard) => Enumerable.Range(0, Job.Parts).Where(shard.Takes).Sum(part => Math.Min(Job.PartSize, Job.Pictures - part * Job.PartSize));

    /// <summary>The numbers of the parts that are missing or damaged.</summary>
    public IReadOnlyList<int> Missing() => [.. Mine(Shard.Whole).Where(p => _parts.Read(p.Part, p.Files) is null).Select(p => p.Part)];

    /// <summary>All pictures in order, read part by part.</summary>
    /// <exception cref="InvalidDataException">A part is missing or damaged.</exception>
    public IEnumerable<TaggedPicture> Pictures() => Mine(Shard.Whole).SelectMany(p => _parts.Read(p.Part, p.Files) ?? throw new InvalidDataException($"Part {p.Part} is missing or damaged."));

    private IEnumerable<(int Part, string[] Files)> Mine(Shard shard) => _list.Chunks(Job.PartSize).Index().Where(c => shard.Takes(c.Index)).Select(c => (c.Index, c.Item));
}
