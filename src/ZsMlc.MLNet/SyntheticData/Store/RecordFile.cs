using System.Security.Cryptography;
using System.Text.Json;

namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>Reads and writes the record of a slot. A record holds its own checksum and has one spelling only, so any altered byte is noticed.</summary>
internal static class RecordFile
{
    /// <summary>The record as a file.</summary>
    public static byte[] ToBytes(SlotRecord record)
    {
        var unsigned = JsonSerializer.SerializeToUtf8Bytes(record with { Sha256 = "" }, StoreJson.Options);
        var signed = record with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(unsigned)) };
        return [.. JsonSerializer.SerializeToUtf8Bytes(signed, StoreJson.Options), (byte)'\n'];
    }

    /// <summary>Reads a record.</summary>
    /// <returns><see langword="null"/> where there is none, a damaged one, or one that no run could have written.</returns>
    public static SlotRecord? Read(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            var record = JsonSerializer.Deserialize<SlotRecord>(bytes, StoreJson.Options);
            return record is { IsSound: true } && ToBytes(record).AsSpan().SequenceEqual(bytes) ? record : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }
}
