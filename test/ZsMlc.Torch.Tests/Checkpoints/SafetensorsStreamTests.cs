using System.Text;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Checkpoints;

[TestClass]
public sealed class SafetensorsStreamTests
{
    [TestMethod]
    public void Read_WrittenStream_ReturnsTheTensorsAndStopsBehindThem()
    {
        using var scope = NewDisposeScope();
        using var stream = Written();
        stream.Write("rest"u8);
        stream.Position = 0;
        using var read = SafetensorsStream.Read(stream, "part");
        CollectionAssert.AreEquivalent(new[] { "a", "b" }, read.Names.ToArray());
        Assert.AreEqual(15, read.Read("a").sum().item<long>());
        Assert.AreEqual(ScalarType.Float16, read.Info("b").DType);
        Assert.AreEqual(4, stream.Length - stream.Position);
    }

    [TestMethod]
    [DataRow(4)]
    [DataRow(30)]
    [DataRow(-3)]
    public void Read_StreamCutShort_IsRefused(int length)
    {
        using var scope = NewDisposeScope();
        using var stream = Written();
        stream.SetLength(length < 0 ? stream.Length + length : length);
        stream.Position = 0;
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => SafetensorsStream.Read(stream, "the part")).Message, "the part");
        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void Read_ClaimOfATerabyte_IsRefusedBeforeMemoryIsTaken()
    {
        var json = Encoding.UTF8.GetBytes("""{"a":{"dtype":"U8","shape":[1000000000000],"data_offsets":[0,1000000000000]}}""");
        using var stream = new MemoryStream([.. BitConverter.GetBytes((ulong)json.Length), .. json, 1, 2, 3]);
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => SafetensorsStream.Read(stream, "part")).Message, "'a'");
    }

    [TestMethod]
    public void Read_ChecksumFits_ReturnsTheTensorsAlone()
    {
        using var scope = NewDisposeScope();
        using var stream = Written(checksum: true);
        stream.Position = 0;
        using var read = SafetensorsStream.Read(stream, "part");
        Assert.IsTrue(read.HasChecksum);
        CollectionAssert.AreEquivalent(new[] { "a", "b" }, read.Names.ToArray());
        Assert.AreEqual(15, read.Read("a").sum().item<long>());
        Assert.AreEqual(stream.Length, stream.Position);
    }

    [TestMethod]
    public void Read_AnyBitTurned_IsRefusedOrHasNoChecksum()
    {
        using var scope = NewDisposeScope();
        using var stream = Written(checksum: true);
        var whole = stream.ToArray();
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            var damaged = whole.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                // A bit of the checksum's name makes it a tensor that no network has.
                using var read = SafetensorsStream.Read(new MemoryStream(damaged), "part");
                Assert.IsFalse(read.HasChecksum, $"bit {bit}");
                Assert.HasCount(3, read.Names);
            }
            catch (CheckpointFormatException)
            {
            }
        }
    }

    private static MemoryStream Written(bool checksum = false)
    {
        var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [new("a", arange(6)), new("b", ones(3, ScalarType.Float16))], checksum: checksum);
        return stream;
    }
}
