using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>Writes safetensors files.</summary>
public static class SafetensorsWriter
{
    /// <summary>Writes a file; readers see the old file or the whole new one, never a part.</summary>
    /// <param name="path">Path of the file; an existing one is replaced.</param>
    /// <param name="tensors">Names and tensors, on any device; stored in their element type.</param>
    /// <param name="metadata">Text entries of the header, or <see langword="null"/>.</param>
    /// <param name="checksum">Whether a last tensor named <c>sha256</c>, 32 bytes, holds the SHA-256 of all the file before it.</param>
    /// <exception cref="IOException">The file cannot be written; an existing one is untouched.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null, bool checksum = false) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata, checksum));

    /// <summary>Writes to a stream, which stays open.</summary>
    /// <param name="stream">A writable stream.</param>
    /// <param name="tensors">Names and tensors, on any device; stored in their element type.</param>
    /// <param name="metadata">Text entries of the header, or <see langword="null"/>.</param>
    /// <param name="checksum">Whether a last tensor named <c>sha256</c>, 32 bytes, holds the SHA-256 of everything before it.</param>
    /// <exception cref="NotSupportedException">A tensor has a type that safetensors does not know, such as complex numbers.</exception>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null, bool checksum = false)
    {
        var list = tensors.ToList();
        var header = Header(list, metadata, checksum);
        using var hash = checksum ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        void Put(ReadOnlySpan<byte> bytes)
        {
            hash?.AppendData(bytes);
            stream.Write(bytes);
        }

        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        Put(length);
        Put(header);
        foreach (var (_, tensor) in list)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            TensorBlocks.ForEach(tensor.detach().cpu().contiguous(), (block, _) => Put(block));
        }

        if (hash is not null)
        {
            stream.Write(hash.GetHashAndReset());
        }
    }

    private static byte[] Header(List<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata, bool checksum)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach (var (name, tensor) in tensors)
            {
                Entry(name, new(tensor.dtype, tensor.shape), tensor.NumberOfElements * tensor.ElementSize);
            }

            if (checksum)
            {
                Entry(SafetensorsHeader.ChecksumName, SafetensorsHeader.ChecksumInfo, SHA256.HashSizeInBytes);
            }

            void Entry(string name, TensorInfo info, long length)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsHeader.TypeName(info.DType));
                json.WriteStartArray("shape");
                foreach (var size in info.Shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset + length);
                json.WriteEndArray();
                json.WriteEndObject();
                offset += length;
            }

            json.WriteEndObject();
        }

        // The format aligns the data to eight bytes by spaces behind the JSON.
        while (buffer.Length % 8 != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }
}
