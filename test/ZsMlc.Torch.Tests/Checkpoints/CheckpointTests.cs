using System.IO.Compression;
using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Checkpoints;

[TestClass]
public sealed class CheckpointTests
{
    [TestMethod]
    public void Open_ShardIndex_JoinsTheShards()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(folder["model-00001-of-00002.safetensors"], [new("a", ones(2))]);
        SafetensorsWriter.Write(folder["model-00002-of-00002.safetensors"], [new("b", zeros(3))]);
        File.WriteAllText(folder["model.safetensors.index.json"], """{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""");
        using var checkpoint = Checkpoint.Open(folder.Path);
        CollectionAssert.AreEquivalent(new[] { "a", "b" }, checkpoint.Names.ToArray());
        Assert.AreEqual(2f, checkpoint.Read("a").sum().item<float>());
        Assert.AreEqual(3, checkpoint.Info("b").Shape[0]);
    }

    [TestMethod]
    [DataRow("""{"weight_map":{"a":"missing.safetensors"}}""", "missing.safetensors")]
    [DataRow("""{"weight_map":{"a":"../outside.safetensors"}}""", "file name in the same folder")]
    [DataRow("""{"weight_map":{"c":"shard.safetensors"}}""", "'c'")]
    [DataRow("""{"weights":{}}""", "weight_map")]
    public void Open_WrongIndex_NamesTheFault(string index, string expected)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(folder["shard.safetensors"], [new("a", ones(2))]);
        File.WriteAllText(folder["model.safetensors.index.json"], index);
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => Checkpoint.Open(folder.Path)).Message, expected);
    }

    [TestMethod]
    public void Open_HalfPrecisionVariant_IsFoundWhenAskedOrAlone()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(folder["model.fp16.safetensors"], [new("half", ones(2))]);
        using (var alone = Checkpoint.Open(folder.Path))
        {
            Assert.AreEqual("half", alone.Names.Single());
        }

        SafetensorsWriter.Write(folder["model.safetensors"], [new("full", ones(2))]);
        using var full = Checkpoint.Open(folder.Path);
        using var half = Checkpoint.Open(folder.Path, "fp16");
        Assert.AreEqual("full", full.Names.Single());
        Assert.AreEqual("half", half.Names.Single());
    }

    [TestMethod]
    public void Open_EmptyFolder_ListsWhatWasLookedFor()
    {
        using var folder = new TemporaryFolder();
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => Checkpoint.Open(folder.Path)).Message, "model.safetensors");
    }

    [TestMethod]
    public void Open_PickledStateDict_IsRefusedUnread()
    {
        using var folder = new TemporaryFolder();
        using (var zip = ZipFile.Open(folder["model.pt"], ZipArchiveMode.Create))
        {
            using var entry = zip.CreateEntry("model/data.pkl").Open();
            entry.Write([0x80, 2]);
        }

        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => Checkpoint.Open(folder["model.pt"])).Message, "safetensors");
    }

    [TestMethod]
    public void Open_SafetensorsByAnotherName_IsRead()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(folder["weights.bin"], [new("a", ones(2))]);
        using var checkpoint = Checkpoint.Open(folder["weights.bin"]);
        Assert.AreEqual("a", checkpoint.Names.Single());
    }

    [TestMethod]
    public void Open_Nothing_NamesThePath() =>
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => Checkpoint.Open("/no/such/model.safetensors")).Message, "/no/such/model.safetensors");
}
