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
    [DataRow("resnet.pt")]
    [DataRow("vit.pt")]
    public void Open_ArchiveAsOpenAIPublished_IsWhatLibtorchReads(string name)
    {
        using var scope = NewDisposeScope();
        var path = Golden.PathOf("clip", name);
        using var checkpoint = Checkpoint.Open(path);
        var module = jit.load(path, DeviceType.CPU);
        var expected = module.named_parameters().Select(p => (p.name, (Tensor)p.parameter)).Concat(module.named_buffers()).ToDictionary(t => t.Item1, t => t.Item2);
        CollectionAssert.AreEquivalent(expected.Keys.ToArray(), checkpoint.Names.ToArray());
        foreach (var (tensor, value) in expected)
        {
            AssertSame(value.detach(), checkpoint, tensor);
        }
    }

    [TestMethod]
    public void Open_ArchiveOfPyTorch213_IsItsStateBitForBit()
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(Cases.PathOf("torchscript", "torch_2_13.pt"));
        using var expected = Checkpoint.Open(Cases.PathOf("torchscript", "torch_2_13.safetensors"));
        CollectionAssert.AreEquivalent(expected.Names.ToArray(), checkpoint.Names.ToArray());
        foreach (var name in expected.Names)
        {
            AssertSame(expected.Read(name), checkpoint, name);
        }
    }

    [TestMethod]
    [DataRow("plain.pt", "lin.weight")]
    [DataRow("code_syntax.pt", "lin.weight")]
    [DataRow("unknown_operator.pt", "w")]
    public void Open_CodeThatCannotRun_IsNotRun(string name, string tensor)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(Cases.PathOf("torchscript", name));
        Assert.AreEqual(checkpoint.Info(tensor).Count, checkpoint.Read(tensor).NumberOfElements);
    }

    [TestMethod]
    public void Open_RecordShorterThanItsTensor_IsRefusedByName()
    {
        var message = Assert.ThrowsExactly<CheckpointFormatException>(() => Checkpoint.Open(Cases.PathOf("torchscript", "tensor_cut.pt"))).Message;
        StringAssert.Contains(message, "tensor_cut.pt");
        StringAssert.Contains(message, "has 1 bytes; expected 12");
    }

    private static void AssertSame(Tensor expected, ICheckpoint checkpoint, string name)
    {
        var actual = checkpoint.Read(name);
        CollectionAssert.AreEqual(expected.shape, checkpoint.Info(name).Shape, name);
        CollectionAssert.AreEqual(expected.shape, actual.shape, name);
        Assert.AreEqual(expected.dtype, actual.dtype, name);
        Assert.IsTrue(actual.is_contiguous(), name);
        CollectionAssert.AreEqual(expected.contiguous().bytes.ToArray(), actual.bytes.ToArray(), name);
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
