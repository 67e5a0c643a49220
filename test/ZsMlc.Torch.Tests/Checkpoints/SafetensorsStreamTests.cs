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

    private static MemoryStream Written()
    {
        var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [new("a", arange(6)), new("b", ones(3, ScalarType.Float16))]);
        return stream;
    }
}
