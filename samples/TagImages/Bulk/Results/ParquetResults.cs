using Parquet;
using Parquet.Serialization;

namespace ZsMlc.Samples.TagImages.Bulk.Results;

/// <summary>A row a picture, labels and scores as lists of equal length; groups of 10,000 rows.</summary>
internal static class ParquetResults
{
    private const int RowsOfGroup = 10_000;

    public static void Write(Stream stream, IEnumerable<TaggedPicture> pictures) =>
        ParquetSerializer.SerializeAsync(pictures.Select(Row.Of), stream, new ParquetOptions { RowGroupSize = RowsOfGroup }).GetAwaiter().GetResult();

    /// <summary>The columns.</summary>
    private sealed class Row
    {
        public string File { get; set; } = "";

        public long? Size { get; set; }

        public string? Sha256 { get; set; }

        public List<string> Labels { get; set; } = [];

        public List<float> Scores { get; set; } = [];

        public string? Error { get; set; }

        public static Row Of(TaggedPicture picture) => new()
        {
            File = picture.File,
            Size = picture.Size,
            Sha256 = picture.Sha256,
            Labels = [.. picture.Tags.Select(t => t.Label)],
            Scores = [.. picture.Tags.Select(t => t.Score)],
            Error = picture.Error,
        };
    }
}
