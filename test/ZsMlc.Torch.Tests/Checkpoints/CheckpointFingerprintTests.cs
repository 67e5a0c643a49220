using System.IO.Compression;
using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Checkpoints;

[TestClass]
public sealed class CheckpointFingerprintTests
{
    private const int Long = 1 << 19;

    [TestMethod]
    public void Compute_SameFilesElsewhere_IsTheSame()
    {
        using var a = Model();
        using var b = Model();

        var fingerprint = CheckpointFingerprint.Compute(a.Path);

        Assert.AreEqual(fingerprint, CheckpointFingerprint.Compute(b.Path));
        Assert.MatchesRegex("^[0-9a-f]{64}$", fingerprint);
        File.Copy(a["model.safetensors"], b["other-name.safetensors"]);
        Assert.AreEqual(CheckpointFingerprint.Compute(a["model.safetensors"]), CheckpointFingerprint.Compute(b["other-name.safetensors"]));
    }

    [TestMethod]
    [DataRow("weights")]
    [DataRow("config")]
    [DataRow("added")]
    [DataRow("renamed")]
    public void Compute_AnotherModel_Differs(string change)
    {
        using var folder = Model();
        var before = CheckpointFingerprint.Compute(folder.Path);
        switch (change)
        {
            case "weights":
                Write(folder["model.safetensors"], 1.5f);
                break;
            case "config":
                File.WriteAllText(folder["config.json"], """{"width":33}""");
                break;
            case "added":
                File.WriteAllText(folder["vocab.json"], "{}");
                break;
            default:
                File.Move(folder["config.json"], folder["open_clip_config.json"]);
                break;
        }

        Assert.AreNotEqual(before, CheckpointFingerprint.Compute(folder.Path));
    }

    [TestMethod]
    public void Compute_OneTensorOfALongFileChanged_Differs()
    {
        using var folder = Model();
        var before = CheckpointFingerprint.Compute(folder["model.safetensors"]);

        Write(folder["model.safetensors"], 1, small: 7);

        Assert.IsGreaterThan(1 << 20, new FileInfo(folder["model.safetensors"]).Length);
        Assert.AreNotEqual(before, CheckpointFingerprint.Compute(folder["model.safetensors"]));
    }

    [TestMethod]
    public void Compute_ConfigurationBesideASingleFileChanged_Differs()
    {
        using var folder = Model();
        var before = CheckpointFingerprint.Compute(folder["model.safetensors"]);

        File.WriteAllText(folder["config.json"], """{"width":33}""");

        Assert.AreNotEqual(before, CheckpointFingerprint.Compute(folder["model.safetensors"]));
    }

    [TestMethod]
    public void Compute_ShardOfAnIndexChanged_Differs()
    {
        using var folder = Model();
        File.WriteAllText(folder["m.index.json"], """{"weight_map":{"a":"model.safetensors","b":"model.safetensors"}}""");
        var before = CheckpointFingerprint.Compute(folder["m.index.json"]);

        Write(folder["model.safetensors"], 2);

        Assert.AreNotEqual(before, CheckpointFingerprint.Compute(folder["m.index.json"]));
    }

    [TestMethod]
    public void Compute_OneEntryOfALongArchiveChanged_DiffersByItsChecksum()
    {
        using var folder = new TemporaryFolder();
        Archive(folder["a.pt"], 1);
        Archive(folder["b.pt"], 2);

        Assert.AreEqual(new FileInfo(folder["a.pt"]).Length, new FileInfo(folder["b.pt"]).Length);
        Assert.AreNotEqual(CheckpointFingerprint.Compute(folder["a.pt"]), CheckpointFingerprint.Compute(folder["b.pt"]));
    }

    [TestMethod]
    public void Compute_FilesThatAreNotRead_DoNotCount()
    {
        using var folder = Model();
        var before = CheckpointFingerprint.Compute(folder.Path);

        File.WriteAllText(folder["README.md"], "about");
        Directory.CreateDirectory(folder[".cache"]);
        File.WriteAllText(Path.Combine(folder[".cache"], "state.json"), "{}");

        Assert.AreEqual(before, CheckpointFingerprint.Compute(folder.Path));
    }

    [TestMethod]
    public void Compute_NothingThereOrNoModel_NamesThePath()
    {
        using var folder = new TemporaryFolder();

        Assert.Contains("missing", Assert.ThrowsExactly<FileNotFoundException>(() => CheckpointFingerprint.Compute(folder["missing"])).Message);
        Assert.Contains(folder.Path, Assert.ThrowsExactly<FileNotFoundException>(() => CheckpointFingerprint.Compute(folder.Path)).Message);
    }

    private static TemporaryFolder Model()
    {
        var folder = new TemporaryFolder();
        Write(folder["model.safetensors"], 1);
        File.WriteAllText(folder["config.json"], """{"width":32}""");
        return folder;
    }

    private static void Write(string path, float value, float small = 1)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(path, [new("a", full([Long], value)), new("b", full([3], small))]);
    }

    // The middle entry differs far from the start and the end of the file.
    private static void Archive(string path, byte value)
    {
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (name, content) in new[] { ("head", (byte)0), ("middle", value), ("tail", (byte)0) })
        {
            var entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
            entry.LastWriteTime = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
            var bytes = new byte[2 << 20];
            bytes[1_234_567] = content;
            using var stream = entry.Open();
            stream.Write(bytes);
        }
    }
}
