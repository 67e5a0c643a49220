namespace ZsMlc.Samples.TagImages.Bulk.Results;

/// <summary>Writes the results of a work into one file, in the format that its ending names; only a few pictures are in memory at a time.</summary>
internal static class ResultFile
{
    private static readonly Dictionary<string, Action<Stream, IEnumerable<TaggedPicture>>> s_formats = new(StringComparer.OrdinalIgnoreCase)
    {
        [".csv"] = CsvResults.Write, [".jsonl"] = JsonResults.WriteLines, [".json"] = JsonResults.WriteArray, [".parquet"] = ParquetResults.Write,
    };

    /// <summary>Throws when the ending is none of the known ones.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static void Check(FileInfo file)
    {
        if (!s_formats.ContainsKey(file.Extension))
        {
            throw new ArgumentException($"The ending of {file.FullName} is '{file.Extension}'; expected {string.Join(", ", s_formats.Keys)}.");
        }
    }

    /// <summary>Writes the file, as a whole or not at all.</summary>
    public static void Write(FileInfo file, IEnumerable<TaggedPicture> pictures) => WholeFile.Write(file.FullName, stream => s_formats[file.Extension](stream, pictures));
}
