using System.IO.Compression;

namespace ZsMlc.Torch.Tests.Checkpoints.TorchScript;

/// <summary>Puts records together to a TorchScript archive.</summary>
internal static class ArchiveBuilder
{
    /// <summary>An archive with a pickle, and the records of its tensors by their names below <c>data/</c>, or of the archive with <c>../</c> in front.</summary>
    public static byte[] Make(byte[] pickle, params (string Name, byte[] Bytes)[] records) =>
        Zip([("data.pkl", pickle), ("constants.pkl", [0x80, 2, (byte)')', (byte)'.']), ("version", "3\n"u8.ToArray()), .. records.Select(r => (r.Name.StartsWith("../", StringComparison.Ordinal) ? r.Name[3..] : "data/" + r.Name, r.Bytes))]);

    public static byte[] Zip(IEnumerable<(string Name, byte[] Bytes)> records, string root = "net/", CompressionLevel level = CompressionLevel.NoCompression)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in records)
            {
                using var entry = zip.CreateEntry(root + name, level).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    /// <summary>The records of an archive by their whole names.</summary>
    public static List<(string Name, byte[] Bytes)> Records(byte[] archive)
    {
        using var zip = new ZipArchive(new MemoryStream(archive));
        return [.. zip.Entries.Select(e =>
        {
            using var stream = e.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return (e.FullName, bytes.ToArray());
        })];
    }
}
