using System.IO.Compression;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Checkpoints;

[TestClass]
public sealed class TorchScriptCheckpointTests
{
    [TestMethod]
    public void Open_Archive_ShowsItsTensors()
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(Golden.PathOf("clip", "resnet.pt"));
        CollectionAssert.IsSubsetOf(new[] { "visual.layer1.1.conv2.weight", "visual.attnpool.q_proj.bias", "visual.bn1.running_mean", "logit_scale", "context_length" }, checkpoint.Names.ToArray());
        CollectionAssert.AreEqual(new long[] { 61, 64 }, checkpoint.Info("token_embedding.weight").Shape);
        Assert.AreEqual(ScalarType.Float16, checkpoint.Info("token_embedding.weight").DType);
        Assert.AreEqual(2.5f, checkpoint.Read("logit_scale").to(ScalarType.Float32).item<float>());
        Assert.AreEqual(9, checkpoint.Read("context_length").item<long>());
        Assert.ThrowsExactly<KeyNotFoundException>(() => checkpoint.Info("nothing"));
    }

    [TestMethod]
    public void Open_ArchiveTwice_LeavesNoTensorsBehind()
    {
        static void Once()
        {
            using var checkpoint = Checkpoint.Open(Golden.PathOf("clip", "resnet.pt"));
            using var one = checkpoint.Read("logit_scale");
        }

        Once();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Once();
        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void Open_ArchiveCutShort_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        var bytes = File.ReadAllBytes(Golden.PathOf("clip", "resnet.pt"));
        File.WriteAllBytes(folder["cut.pt"], bytes[..(bytes.Length / 2)]);
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => Checkpoint.Open(folder["cut.pt"])).Message, "cut.pt");
    }

    [TestMethod]
    public void Open_ArchiveWithDamagedCode_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Golden.PathOf("clip", "resnet.pt"), folder["bad.pt"]);
        using (var zip = ZipFile.Open(folder["bad.pt"], ZipArchiveMode.Update))
        {
            var entry = zip.Entries.First(e => e.FullName.EndsWith("data.pkl", StringComparison.Ordinal));
            var name = entry.FullName;
            entry.Delete();
            using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
            stream.Write("not a pickle"u8);
        }

        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => Checkpoint.Open(folder["bad.pt"])).Message, "bad.pt");
    }
}
