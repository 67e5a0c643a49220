using System.Buffers.Binary;
using System.Text;

namespace ZsMlc.Torch.Tests.Checkpoints.TorchScript;

/// <summary>Writes the pickle of a module as TorchScript does.</summary>
internal sealed class PickleBuilder
{
    private readonly MemoryStream _bytes = new();

    public PickleBuilder() => Raw(0x80, 2);

    public PickleBuilder Raw(params byte[] bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public PickleBuilder Text(string text) => Raw([(byte)'X', .. Length(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)]);

    public PickleBuilder Global(string module, string name) => Raw([(byte)'c', .. Encoding.UTF8.GetBytes($"{module}\n{name}\n")]);

    public PickleBuilder Number(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Raw([0x8a, 8, .. bytes]);
    }

    public PickleBuilder Tuple(params long[] values)
    {
        Raw((byte)'(');
        foreach (var value in values)
        {
            Number(value);
        }

        return Raw((byte)'t');
    }

    /// <summary>An object whose attributes the action writes, each a text and a value.</summary>
    public PickleBuilder Module(string name, Action<PickleBuilder> attributes)
    {
        Global("__torch__", name).Raw((byte)')', 0x81, (byte)'}', (byte)'(');
        attributes(this);
        return Raw((byte)'u', (byte)'b');
    }

    public PickleBuilder Tensor(string storage, string key, long count, long offset, long[] shape, long[] strides)
    {
        Global("torch._utils", "_rebuild_tensor_v2").Raw((byte)'(', (byte)'(').Text("storage").Global("torch", storage).Text(key).Text("cpu").Number(count).Raw((byte)'t', (byte)'Q');
        return Number(offset).Tuple(shape).Tuple(strides).Raw(0x89).Global("collections", "OrderedDict").Raw((byte)')', (byte)'R', (byte)'t', (byte)'R');
    }

    public byte[] End() => [.. _bytes.ToArray(), (byte)'.'];

    private static byte[] Length(int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return bytes;
    }
}
