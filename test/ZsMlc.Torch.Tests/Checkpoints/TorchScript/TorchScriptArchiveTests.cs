using System.IO.Compression;
using System.Runtime.InteropServices;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Checkpoints.TorchScript;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Checkpoints.TorchScript;

/// <summary>Archives put together by hand: each is read as it stands, or refused by name.</summary>
[TestClass]
public sealed class TorchScriptArchiveTests
{
    private static readonly float[] s_values = [1, 2, 3, 4, 5, 6];
    private static readonly byte[] s_bytes = MemoryMarshal.AsBytes<float>(s_values).ToArray();

    [TestMethod]
    public void Read_ViewOfAStorage_IsItsElements()
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Open(One(6, 1, [2, 2], [1, 3]), ("0", s_bytes));
        CollectionAssert.AreEqual(new float[] { 2, 5, 3, 6 }, checkpoint.Read("w").data<float>().ToArray());
    }

    [TestMethod]
    public void Read_BigEndianArchive_IsTurned()
    {
        using var scope = NewDisposeScope();
        var turned = s_bytes.Chunk(4).SelectMany(b => b.Reverse()).ToArray();
        using var checkpoint = Open(One(6, 0, [6], [1]), ("0", turned), ("../byteorder", "big"u8.ToArray()));
        CollectionAssert.AreEqual(s_values, checkpoint.Read("w").data<float>().ToArray());
    }

    [TestMethod]
    public void Open_TensorThatItsClassDoesNotDeclare_IsNoState()
    {
        var pickle = new PickleBuilder().Module("Net", m => m.Text("w").Tensor("FloatStorage", "0", 6, 0, [6], [1]).Text("mask").Tensor("FloatStorage", "0", 6, 0, [6], [1])).End();
        var code = "class Net(Module):\n  __parameters__ = [\"w\", ]\n  __buffers__ = []\n  w : Tensor\n  mask : Tensor\n"u8.ToArray();
        using var declared = Open(pickle, ("0", s_bytes), ("../code/__torch__.py", code));
        using var undeclared = Open(pickle, ("0", s_bytes));
        CollectionAssert.AreEqual(new[] { "w" }, declared.Names.ToArray());
        CollectionAssert.AreEquivalent(new[] { "w", "mask" }, undeclared.Names.ToArray());
    }

    [TestMethod]
    public void Read_FlippedBitOfAWeight_IsRefused()
    {
        var archive = ArchiveBuilder.Make(One(6, 0, [6], [1]), ("0", s_bytes));
        archive[archive.AsSpan().IndexOf(s_bytes) + 9] ^= 1;
        using var checkpoint = Open(archive);
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => checkpoint.Read("w")).Message, "checksum");
    }

    [TestMethod]
    [DataRow(6, 0, new long[] { 7 }, new long[] { 1 }, "storage '0'", DisplayName = "more elements than the storage has")]
    [DataRow(6, 1, new long[] { 6 }, new long[] { 1 }, "storage '0'", DisplayName = "an offset too far")]
    [DataRow(6, 6, new long[] { }, new long[] { }, "storage '0'", DisplayName = "a scalar behind the end")]
    [DataRow(6, 0, new long[] { 2, 3 }, new long[] { 4, 1 }, "storage '0'", DisplayName = "a stride too far")]
    [DataRow(6, 0, new long[] { 1000000000 }, new long[] { 0 }, "storage '0'", DisplayName = "one element a billion times")]
    [DataRow(6, 0, new long[] { long.MaxValue, long.MaxValue, long.MaxValue }, new long[] { long.MaxValue, long.MaxValue, long.MaxValue }, "storage '0'")]
    [DataRow(6, 0, new long[] { 0, long.MaxValue, 2 }, new long[] { 1, 1, 1 }, "storage '0'", DisplayName = "an empty tensor of uncountable sizes")]
    [DataRow(6, 0, new long[] { -1 }, new long[] { 1 }, "0 or more")]
    [DataRow(6, 0, new long[] { 6 }, new long[] { -1 }, "0 or more")]
    [DataRow(6, -1, new long[] { 6 }, new long[] { 1 }, "offset")]
    [DataRow(6, 0, new long[] { 6 }, new long[] { 1, 1 }, "strides")]
    [DataRow(7, 0, new long[] { 7 }, new long[] { 1 }, "24 bytes; expected 28", DisplayName = "a record that is too short")]
    [DataRow(long.MaxValue, 0, new long[] { 7 }, new long[] { 1 }, "24 bytes", DisplayName = "a record that cannot be")]
    [DataRow(-1, 0, new long[] { 0 }, new long[] { 1 }, "storage")]
    public void Open_ImpossibleTensor_IsRefused(long count, long offset, long[] shape, long[] strides, string expected) =>
        AssertRefused(expected, One(count, offset, shape, strides), ("0", s_bytes));

    [TestMethod]
    public void Open_EmptyTensorOfALaterStorage_IsRead()
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Open(One(0, 0, [0, 5], [5, 1]), ("0", []));
        CollectionAssert.AreEqual(new long[] { 0, 5 }, checkpoint.Read("w").shape);
    }

    [TestMethod]
    public void Open_WithoutTheRecordOfATensor_IsRefused() => AssertRefused("no record 'data/0'", One(6, 0, [6], [1]));

    [TestMethod]
    public void Open_UnknownByteOrderOrVersion_IsRefused()
    {
        AssertRefused("byte order is 'middle'", One(6, 0, [6], [1]), ("0", s_bytes), ("../byteorder", "middle"u8.ToArray()));
        AssertRefused("twice", One(6, 0, [6], [1]), ("0", s_bytes), ("../version", "3"u8.ToArray()));
        AssertRefused(ArchiveBuilder.Zip([("data.pkl", One(6, 0, [6], [1])), ("constants.pkl", []), ("version", "99"u8.ToArray())]), "version is '99'");
    }

    [TestMethod]
    public void Open_CompressedTensor_IsRefused() =>
        AssertRefused(ArchiveBuilder.Zip([("data.pkl", One(250_000, 0, [250_000], [1])), ("constants.pkl", []), ("data/0", new byte[1_000_000])], level: CompressionLevel.SmallestSize), "compressed");

    [TestMethod]
    public void Open_PickleOrCodeThatUnpacksToTooMuch_IsRefused()
    {
        AssertRefused(ArchiveBuilder.Zip([("data.pkl", new byte[PickleReader.MaxLength + 1]), ("constants.pkl", [])], level: CompressionLevel.Fastest), "at most");
        AssertRefused(ArchiveBuilder.Zip([("data.pkl", One(6, 0, [6], [1])), ("data/0", s_bytes), ("constants.pkl", []), ("code/__torch__.py", new byte[100_000_000])], level: CompressionLevel.Fastest), "at most");
    }

    private static byte[] One(long count, long offset, long[] shape, long[] strides) =>
        new PickleBuilder().Module("Net", m => m.Text("w").Tensor("FloatStorage", "0", count, offset, shape, strides)).End();

    private static TorchScriptCheckpoint Open(byte[] pickle, params (string Name, byte[] Bytes)[] records) => Open(ArchiveBuilder.Make(pickle, records));

    private static TorchScriptCheckpoint Open(byte[] archive) => TorchScriptCheckpoint.Open(new MemoryStream(archive), "a.pt");

    private static void AssertRefused(string expected, byte[] pickle, params (string Name, byte[] Bytes)[] records) => AssertRefused(ArchiveBuilder.Make(pickle, records), expected);

    private static void AssertRefused(byte[] archive, string expected)
    {
        var message = Assert.ThrowsExactly<CheckpointFormatException>(() => Open(archive)).Message;
        StringAssert.Contains(message, "a.pt");
        StringAssert.Contains(message, expected);
    }
}
