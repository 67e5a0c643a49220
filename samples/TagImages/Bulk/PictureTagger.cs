using System.Collections.Concurrent;
using System.Security.Cryptography;
using ZsMlc.MLNet.Datasets;
using ZsMlc.MLNet.Images;

namespace ZsMlc.Samples.TagImages.Bulk;

/// <summary>Tags the pictures of a part and notes size and hash of each, which another thread computes meanwhile.</summary>
internal sealed class PictureTagger(Tagger tagger, TaggingJob job, CancellationToken cancellationToken)
{
    /// <summary>Tags files.</summary>
    /// <param name="files">Paths from the job's folder.</param>
    /// <returns>A result for each of them, in their order.</returns>
    public IReadOnlyList<TaggedPicture> Tag(IReadOnlyList<string> files)
    {
        var facts = Task.Run(() => files.Select(Facts).ToList(), cancellationToken);
        ConcurrentDictionary<string, string> errors = [];
        ImageDataOptions reading = new()
        {
            Reading = new() { MaximumPixels = job.MaximumPixels }, SkipUnreadable = true, Unreadable = Note,
        };
        Dictionary<string, IReadOnlyList<Tag>> tags = [];
        foreach (var (path, found) in tagger.TagFiles([.. files.Select(FullPath)], job.Top, job.Threshold, reading))
        {
            cancellationToken.ThrowIfCancellationRequested();
            tags[path] = [.. found.Select(tag => tag with { Score = MathF.Round(tag.Score, 6) })];
        }

        void Note(ImageReadException error)
        {
            errors[error.Path] = error.Reason;
            Console.Error.WriteLine(error.Message);
        }

        return [.. files.Zip(facts.GetAwaiter().GetResult(), (file, fact) =>
            new TaggedPicture(file, fact.Size, fact.Sha256, tags.GetValueOrDefault(FullPath(file), []), errors.GetValueOrDefault(FullPath(file))))];
    }

    private (long? Size, string? Sha256) Facts(string file)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            using var stream = ImageReader.Open(FullPath(file));
            return (stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, null); // reading the picture tells why
        }
    }

    private string FullPath(string file) => Path.Combine(job.Folder, file);
}
