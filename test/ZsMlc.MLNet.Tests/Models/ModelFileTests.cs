using System.Globalization;
using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Classification;
using static ZsMlc.MLNet.Classification.FusionMultiLabelTransformerTests;

namespace ZsMlc.MLNet.Models;

/// <summary>Saved models: whole ones give the same bits, others are refused in one way.</summary>
[TestClass]
public sealed class ModelFileTests
{
    private static readonly MLContext s_ml = new(7);

    private static TestFolder s_folder = null!;
    private static TransformerChain<FusionMultiLabelTransformer> s_model = null!;
    private static string s_file = null!;
    private static string[] s_expected = null!;

    [ClassInitialize]
    public static void Save(TestContext context)
    {
        s_folder = new();
        s_model = SmallChain.Fit(s_ml, s_folder.Path);
        s_file = s_folder["tagger.zip"];
        s_ml.MultiLabelClassification.Save(s_model, SmallChain.Photos.Schema, s_file);
        s_expected = Scores(s_model.LastTransformer);
    }

    [ClassCleanup]
    public static void Clean()
    {
        s_model.Dispose();
        s_folder.Dispose();
    }

    [TestMethod]
    public void Load_SavedChain_GivesTheClassifierAndTheSameBits()
    {
        using var loaded = s_ml.MultiLabelClassification.Load(s_file);

        CollectionAssert.AreEqual(s_expected, Scores(loaded));
    }

    [TestMethod]
    public void LoadChain_SavedChain_GivesEveryStepAndTheSchema()
    {
        var loaded = s_ml.MultiLabelClassification.LoadChain(s_file, out var schema);

        CollectionAssert.AreEqual(s_expected, Scores(loaded));
        Assert.HasCount(3, (TransformerChain<ITransformer>)loaded);
        Assert.IsNotNull(schema.GetColumnOrNull("Labels"));
        (loaded as IDisposable)?.Dispose();
    }

    [TestMethod]
    public void Load_ModelOfVersion010_ScoresAndSaysThatItHasNoChecksums()
    {
        List<string> messages = [];
        var ml = new MLContext();
        ml.Log += (_, e) => messages.Add(e.Message);
        var path = Asset("tagger-0.1.0.zip");

        using var loaded = ml.MultiLabelClassification.Load(path);
        Assert.IsTrue(messages.Any(m => m.Contains("no checksums", StringComparison.Ordinal)), string.Join('\n', messages));
        var chain = ml.MultiLabelClassification.LoadChain(path, out _);

        var expected = File.ReadLines(Asset("tagger-0.1.0.scores.txt")).Select(l => l.Split(' ').Select(s => float.Parse(s, CultureInfo.InvariantCulture)).ToArray()).ToArray();
        foreach (var model in new[] { loaded, chain })
        {
            foreach (var (row, scores) in expected.Zip(TinyWorld.Scores(model.Transform(SmallChain.Photos))))
            {
                CollectionAssert.AreEqual(row.Select(s => MathF.Round(s, 4)).ToArray(), scores.Select(s => MathF.Round(s, 4)).ToArray());
            }
        }

        using var labels = loaded.WithLabels(["purple"]);
        Assert.HasCount(1, labels.Labels.All);
        (chain as IDisposable)?.Dispose();
    }

    [TestMethod]
    public void Load_NewModel_SaysNothingOfChecksums()
    {
        List<string> messages = [];
        var ml = new MLContext();
        ml.Log += (_, e) => messages.Add(e.Message);

        ml.MultiLabelClassification.Load(s_file).Dispose();

        Assert.IsFalse(messages.Any(m => m.Contains("checksum", StringComparison.Ordinal)));
    }

    /// <summary>1,000 with ZSMLC_DAMAGED_MODELS=1000.</summary>
    [TestMethod]
    [Timeout(600_000)]
    public void Load_RandomDamage_IsRefusedOrGivesTheSameBits()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("ZSMLC_DAMAGED_MODELS") ?? "150", CultureInfo.InvariantCulture);
        var whole = File.ReadAllBytes(s_file);
        var path = s_folder["damaged.zip"];
        var (refused, equal) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            File.WriteAllBytes(path, ModelDamage.Of(whole, i));
            var loading = Task.Run(() => Outcome(path));

            Assert.IsTrue(loading.Wait(TimeSpan.FromSeconds(60)), $"damage {i} hangs");
            Assert.AreNotEqual("", loading.Result, $"damage {i}");
            (refused, equal) = loading.Result == "refused" ? (refused + 1, equal) : (refused, equal + 1);
            if (loading.Result is not ("refused" or "equal"))
            {
                Assert.Fail($"damage {i}: {loading.Result}");
            }
        }

        Console.WriteLine($"{count} damaged models: {refused} refused, {equal} with bit-equal scores.");
        Assert.IsGreaterThan(count / 2, refused);
    }

    [TestMethod]
    public void Load_OneByteOfTheSchema_IsRefusedBeforeMlNetSeesIt()
    {
        var path = Copy("schema.zip");
        Replace(path, "Schema", bytes => bytes[bytes.Length / 2] ^= 0x20, fixChecksum: false);

        Refused(path, "Schema");
        Assert.Contains("Schema", Assert.ThrowsExactly<CheckpointFormatException>(() => s_ml.MultiLabelClassification.LoadChain(path, out _)).Message);
    }

    [TestMethod]
    public void Load_GitLfsPointer_IsNamed()
    {
        var path = s_folder["pointer.zip"];
        File.WriteAllText(path, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 343816753\n");

        Refused(path, "Git LFS pointer");
    }

    [TestMethod]
    public void Load_OneByteOfTheSchemaWithAFittingCrc_ReadsTheClassifierWithoutIt()
    {
        var path = Copy("schema-crc.zip");
        Replace(path, "Schema", bytes => bytes[bytes.Length / 2] ^= 0x20);

        using var loaded = s_ml.MultiLabelClassification.Load(path);

        CollectionAssert.AreEqual(s_expected, Scores(loaded));
    }

    [TestMethod]
    [Timeout(120_000)]
    public void LoadChain_SchemaThatClaimsMoreThanItHas_IsRefused()
    {
        var path = Copy("schema-dimensions.zip");

        // Behind the name of the items' type and its length stands the number of dimensions, which ML.NET reads for ever.
        Replace(path, "Schema", bytes => BitConverter.GetBytes(0x7fff).CopyTo(bytes, bytes.AsSpan().IndexOf("TextSpan\0\x1\0\0\0"u8) + 9));

        var e = Assert.ThrowsExactly<CheckpointFormatException>(() => s_ml.MultiLabelClassification.LoadChain(path, out _));
        Assert.Contains("Schema", e.Message);
    }

    [TestMethod]
    [Timeout(300_000)]
    public void CheckAll_MutatedSchemaWithAFittingCrc_IsRefusedOrReadInBoundedTime()
    {
        var random = new Random(14);
        var (path, refused, read) = (s_folder["schema-mutated.zip"], 0, 0);
        for (var i = 0; i < 120; i++)
        {
            File.Copy(s_file, path, overwrite: true);
            Replace(path, "Schema", bytes => Mutate(bytes, random, i));
            var checking = Task.Run(() =>
            {
                using var archive = ModelArchive.Open(path);
                archive.CheckAll(s_ml);
            });
            try
            {
                Assert.IsTrue(checking.Wait(TimeSpan.FromSeconds(30)), $"mutation {i} hangs");
                read++;
            }
            catch (AggregateException e)
            {
                Assert.IsInstanceOfType<CheckpointFormatException>(e.InnerException, $"mutation {i}");
                refused++;
            }
        }

        Console.WriteLine($"120 mutated schemas: {refused} refused, {read} read.");
        Assert.IsGreaterThan(20, refused);
        Assert.IsGreaterThan(10, read);
    }

    [TestMethod]
    [Timeout(120_000)]
    public void Load_HeaderCutShortWithAFittingCrc_IsRefused()
    {
        foreach (var kept in new[] { 0, 1, 100, 255, 256, 257, 300 })
        {
            var path = Copy("header-cut.zip");
            Replace(path, "TransformerChain/Transform_002/Model.key", bytes => bytes[..kept]);

            Refused(path, "Model.key");
            Assert.Contains("Model.key", Assert.ThrowsExactly<CheckpointFormatException>(() => s_ml.MultiLabelClassification.LoadChain(path, out _)).Message);
        }
    }

    [TestMethod]
    [DataRow("TransformerChain/Transform_002/weights.safetensors", "SHA-256")]
    [DataRow("TransformerChain/Transform_002/Model.key", "settings")]
    public void Load_OneByteWithAFittingCrc_IsFoundByTheSha(string entry, string said)
    {
        var path = Copy($"{Path.GetFileName(entry)}.zip");
        Replace(path, entry, bytes =>
        {
            // In Model.key, a letter of the settings' text.
            var place = entry.EndsWith("key", StringComparison.Ordinal) ? bytes.AsSpan().IndexOf(System.Text.Encoding.Unicode.GetBytes("Threshold")) : bytes.Length - 5000;
            bytes[place] ^= 1;
        });

        Refused(path, said);
        var e = Assert.Throws<Exception>(() => s_ml.Model.Load(path, out _));
        Assert.Contains(said, e.ToString());
    }

    [TestMethod]
    [DataRow("TransformerChain/Transform_000/prompts.json")]
    [DataRow("TransformerChain/Transform_000/text_encoder.safetensors")]
    [DataRow("TransformerChain/Transform_001/clip.safetensors")]
    public void ModelLoad_OneByteOfAStream_IsFoundByItsSha(string entry)
    {
        var path = Copy($"{Path.GetFileName(entry)}.zip");
        Replace(path, entry, bytes => bytes[bytes.Length / 2] ^= 1);

        Assert.Contains("SHA-256", Assert.Throws<Exception>(() => s_ml.Model.Load(path, out _)).ToString());
        Assert.Contains("SHA-256", Assert.ThrowsExactly<CheckpointFormatException>(() => s_ml.MultiLabelClassification.LoadChain(path, out _)).Message);
    }

    [TestMethod]
    public void Load_EntryTwice_IsRefused()
    {
        var path = Copy("twice.zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            using var stream = zip.CreateEntry("transformerchain\\Transform_002/weights.safetensors").Open();
            stream.Write("other weights"u8);
        }

        Refused(path, "twice");
    }

    [TestMethod]
    public void Load_ArchiveThatUnfoldsToTooMuch_IsRefusedBeforeItIsRead()
    {
        var path = Copy("bomb.zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            using var stream = zip.CreateEntry("zeros", CompressionLevel.SmallestSize).Open();
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 80; i++)
            {
                stream.Write(zeros);
            }
        }

        Refused(path, "unfolds");
    }

    [TestMethod]
    [DataRow(-1, null, "ScoringBatchSize")]
    [DataRow(8, -1, "Precision")]
    public void Load_SettingsThatNoOptionsLeadTo_NamesTheOption(int batch, int? precision, string option)
    {
        var settings = FusionSettings.Of(new() { Labels = SmallChain.Labels, Clip = "none" }) with { BatchSize = batch, Precision = (TorchSharp.torch.ScalarType?)precision };
        var transformer = new FusionMultiLabelTransformer(s_model.LastTransformer.Classifier, settings, null);
        var path = s_folder[$"{option}.zip"];
        s_ml.Model.Save(transformer, SmallChain.Photos.Schema, path);

        Refused(path, option);
    }

    [TestMethod]
    public void Load_NewerVersion_IsRefusedByName()
    {
        var path = Copy("newer.zip");
        Replace(path, "TransformerChain/Transform_002/Model.key", bytes => Version(bytes, 0x00010009));

        Refused(path, "version");
    }

    [TestMethod]
    public void Load_NoSuchGpu_SaysSoInTheFirstLine()
    {
        var ml = new MLContext { GpuDeviceId = 63, FallbackToCpu = false };

        Assert.Contains("GPU 63", Assert.ThrowsExactly<InvalidOperationException>(() => ml.MultiLabelClassification.Load(s_file)).Message.Split('\n')[0]);
    }

    [TestMethod]
    public void Save_ThatFails_LeavesTheOldFileAndNothingElse()
    {
        var folder = Directory.CreateDirectory(s_folder["saving"]).FullName;
        var path = Path.Combine(folder, "tagger.zip");
        File.Copy(s_file, path);
        using var bare = new MemoryStream();
        s_model.LastTransformer.Classifier.Save(bare);
        bare.Position = 0;
        using var classifier = FusionClassifier.Load(bare);
        var settings = FusionSettings.Of(new() { Labels = SmallChain.Labels, Clip = "none", IncludeTextEncoder = true });
        var unsavable = new FusionMultiLabelTransformer(classifier, settings, null);

        Assert.Throws<InvalidOperationException>(() => s_ml.MultiLabelClassification.Save(unsavable, SmallChain.Photos.Schema, path));

        CollectionAssert.AreEqual(File.ReadAllBytes(s_file), File.ReadAllBytes(path));
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder));
    }

    private static string Outcome(string path)
    {
        try
        {
            using var loaded = s_ml.MultiLabelClassification.Load(path);
            return Scores(loaded).SequenceEqual(s_expected) ? "equal" : "other scores";
        }
        catch (CheckpointFormatException e)
        {
            return e.Path == path && e.Message.StartsWith(path, StringComparison.Ordinal) ? "refused" : $"without its path: {e}";
        }
        catch (Exception e)
        {
            return e.ToString();
        }
    }

    private static void Refused(string path, string said)
    {
        var e = Assert.Throws<CheckpointFormatException>(() => s_ml.MultiLabelClassification.Load(path));

        Assert.AreEqual(path, e.Path);
        Assert.StartsWith(path, e.Message);
        Assert.Contains(said, e.Message);
    }

    private static string[] Scores(ITransformer model) => [.. TinyWorld.Scores(model.Transform(SmallChain.Photos)).Select(Bits)];

    private static string Asset(string name) => Path.Combine(AppContext.BaseDirectory, "Models", "Assets", name);

    private static string Copy(string name)
    {
        File.Copy(s_file, s_folder[name], overwrite: true);
        return s_folder[name];
    }

    // Where the header and the tables stand: other bytes, other numbers, all of it cut, parts copied over others.
    private static void Mutate(byte[] bytes, Random random, int number)
    {
        var at = random.Next(3) == 0 ? random.Next(56) : random.Next(256, bytes.Length);
        int[] numbers = [-1, int.MinValue, int.MaxValue, 1 << 16, 0, 257];
        switch (number % 4)
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                BitConverter.GetBytes(numbers[random.Next(numbers.Length)]).CopyTo(bytes, Math.Min(at, bytes.Length - 4));
                break;
            case 2:
                bytes.AsSpan(at).Clear();
                break;
            default:
                bytes.AsSpan(random.Next(256, bytes.Length - 32), 32).CopyTo(bytes.AsSpan(Math.Min(at, bytes.Length - 32)));
                break;
        }
    }

    private static void Replace(string path, string name, Action<byte[]> change, bool fixChecksum = true) => Replace(
        path,
        name,
        bytes =>
        {
            change(bytes);
            return bytes;
        },
        fixChecksum);

    /// <summary>Changes an entry, and makes its CRC-32 fit again or leaves it as it was.</summary>
    private static void Replace(string path, string name, Func<byte[], byte[]> change, bool fixChecksum = true)
    {
        using var zip = ZipFile.Open(path, ZipArchiveMode.Update);
        var entry = zip.GetEntry(name)!;
        var crc = entry.Crc32;
        using MemoryStream bytes = new();
        using (var old = entry.Open())
        {
            old.CopyTo(bytes);
        }

        entry.Delete();
        var changed = change(bytes.ToArray());
        using (var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open())
        {
            stream.Write(changed);
        }

        zip.Dispose();
        if (!fixChecksum)
        {
            var file = File.ReadAllBytes(path);
            var found = BitConverter.GetBytes(System.IO.Hashing.Crc32.HashToUInt32(changed));
            for (var at = file.AsSpan().IndexOf(found); at >= 0; at = file.AsSpan().IndexOf(found))
            {
                BitConverter.GetBytes(crc).CopyTo(file, at);
            }

            File.WriteAllBytes(path, file);
        }
    }

    // Behind the signature stand the version that wrote the component and the oldest that can read it.
    private static void Version(byte[] header, uint version)
    {
        var at = header.AsSpan().IndexOf("ZSFUSION"u8) + 8;
        BitConverter.GetBytes(version).CopyTo(header, at);
        BitConverter.GetBytes(version).CopyTo(header, at + 4);
    }
}
