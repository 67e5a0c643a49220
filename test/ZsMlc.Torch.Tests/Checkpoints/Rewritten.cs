using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Checkpoints;

/// <summary>Changes safetensors files as somebody would who can make the checksum fit again.</summary>
internal static class Rewritten
{
    public static void File(string path, Action<Dictionary<string, Tensor>, Dictionary<string, string>> change, bool checksum = true)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors;
        Dictionary<string, string> metadata;
        using (var file = SafetensorsFile.Open(path))
        {
            tensors = file.Names.Where(n => n != SafetensorsHeader.ChecksumName).ToDictionary(n => n, file.Read);
            metadata = new(file.Metadata);
        }

        change(tensors, metadata);
        SafetensorsWriter.Write(path, tensors, metadata, checksum);
    }

    /// <summary>Like <see cref="File"/>, for a file in memory.</summary>
    public static MemoryStream Bytes(MemoryStream whole, Action<Dictionary<string, Tensor>, Dictionary<string, string>> change)
    {
        using var scope = NewDisposeScope();
        whole.Position = 0;
        using var file = SafetensorsStream.Read(whole, "whole");
        Dictionary<string, Tensor> tensors = file.Names.ToDictionary(n => n, file.Read);
        Dictionary<string, string> metadata = new(file.Metadata);
        change(tensors, metadata);
        MemoryStream changed = new();
        SafetensorsWriter.Write(changed, tensors, metadata, checksum: true);
        changed.Position = 0;
        return changed;
    }

    /// <summary>Turns one bit of the last byte of a tensor; the checksum no longer fits.</summary>
    public static void Bit(string path, string tensor)
    {
        long place;
        using (var file = SafetensorsFile.Open(path))
        {
            place = file.Ranges.ElementAt(file.Names.ToList().IndexOf(tensor)) is var (offset, length) ? offset + length - 1 : 0;
        }

        using var stream = new FileStream(path, FileMode.Open);
        stream.Position = place;
        var turned = (byte)(stream.ReadByte() ^ 0x40);
        stream.Position = place;
        stream.WriteByte(turned);
    }
}
