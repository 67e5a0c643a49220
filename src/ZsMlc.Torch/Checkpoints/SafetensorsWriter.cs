using System.Buffers.Binary;
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
    /// <exception cref="IOException">The file cannot be written; an existing one is untouched.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>Writes to a stream, which stays open.</summary>
    /// <param name="stream">A writable stream.</param>
    /// <param name="tensors">Names and tensors, on any device; stored in their element type.</param>
    /// <param name="metadata">Text entries of the header, or <see langword="null"/>.</param>
    /// <exception cref="NotSupportedException">A tensor has a type that safetensors does not know, such as complex numbers.</exception>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var list = tensors.ToList();
        var header = Header(list, metadata);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var (_, tensor) in list)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            TensorBlocks.ForEach(tensor.detach().cpu().contiguous(), (block, _) => stream.Write(block));
        }
    }

    private static byte[] Header(List<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata)
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
                var length = tensor.NumberOfElements * tensor.ElementSize;
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsHeader.TypeName(tensor.dtype));
                json.WriteStartArray("shape");
                foreach (var size in tensor.shape)
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
