using System.Globalization;
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
    [DataRow("""{"weight_map":{"a":null}}""", "'a' is said to be in null")]
    [DataRow("""{"weight_map":{"a":"shard.safetensors","a":"shard.safetensors"}}""", "weight_map")]
    public void Open_WrongIndex_NamesTheFault(string index, string expected)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(folder["shard.safetensors"], [new("a", ones(2))]);
        File.WriteAllText(folder["model.safetensors.index.json"], index);
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => Checkpoint.Open(folder.Path)).Message, expected);
    }

    [TestMethod]
    [DataRow("diffusion_pytorch_model.safetensors.index.json", "diffusion_pytorch_model-0000{0}-of-00002.safetensors", null)]
    [DataRow("diffusion_pytorch_model.safetensors.index.fp16.json", "diffusion_pytorch_model-0000{0}-of-00002.fp16.safetensors", "fp16")]
    [DataRow("diffusion_pytorch_model.fp16.safetensors.index.json", "diffusion_pytorch_model.fp16-0000{0}-of-00002.safetensors", "fp16")]
    public void Open_ShardsAsNewAndOldDiffusersNameThem_AreJoined(string index, string shard, string? variant)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var (one, two) = (string.Format(CultureInfo.InvariantCulture, shard, 1), string.Format(CultureInfo.InvariantCulture, shard, 2));
        SafetensorsWriter.Write(folder[one], [new("conv_in.weight", ones(2))]);
        SafetensorsWriter.Write(folder[two], [new("conv_out.bias", zeros(3))]);
        File.WriteAllText(folder[index], $$"""{"metadata":{"total_size":1},"weight_map":{"conv_in.weight":"{{one}}","conv_out.bias":"{{two}}"} }""");
        using var checkpoint = Checkpoint.Open(folder.Path, variant);
        CollectionAssert.AreEquivalent(new[] { "conv_in.weight", "conv_out.bias" }, checkpoint.Names.ToArray());
    }

    [TestMethod]
    [DataRow("pytorch_model.bin", "model.safetensors")]
    [DataRow("open_clip_pytorch_model.bin", "open_clip_pytorch_model.safetensors")]
    [DataRow("diffusion_pytorch_model.bin", "diffusion_pytorch_model.safetensors")]
    [DataRow("v1-5-pruned.ckpt", "v1-5-pruned.safetensors")]
    public void Open_FolderWithAPickleAlone_SaysWhyItIsNotReadAndHowToConvert(string name, string converted)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], "{}");
        File.WriteAllText(folder["training_args.bin"], "PK");
        File.WriteAllText(folder[name], "PK\u0003\u0004");
        var message = Assert.ThrowsExactly<CheckpointFormatException>(() => Checkpoint.Open(folder.Path)).Message;
        StringAssert.Contains(message, $"{folder[name]}: this is a pickle");
        StringAssert.Contains(message, $"torch.load('{name}', map_location='cpu', weights_only=True)");
        StringAssert.Contains(message, converted);
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
    [DataRow(new byte[] { 0x80, 2, 0x8a, 10, 0x6c }, DisplayName = "before PyTorch 1.6")]
    [DataRow(null)]
    public void Open_PickledStateDict_IsRefusedUnread(byte[]? plain)
    {
        using var folder = new TemporaryFolder();
        if (plain is not null)
        {
            File.WriteAllBytes(folder["model.pt"], plain);
        }
        else
        {
            using var zip = ZipFile.Open(folder["model.pt"], ZipArchiveMode.Create);
            using var entry = zip.CreateEntry("model/data.pkl").Open();
            entry.Write([0x80, 2]);
        }

        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => Checkpoint.Open(folder["model.pt"])).Message, "weights_only=True");
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
