using System.Text;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Checkpoints.TorchScript;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Tests.Checkpoints.TorchScript;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Checkpoints;

/// <summary>
/// Thousands of damaged inputs a parser, the same in every run: lengths and checksums fit, so that the damage comes
/// through to the parser behind them. Each is read, or refused with the documented exception.
/// </summary>
[TestClass]
public sealed class ParserMutationTests
{
    [TestMethod]
    public void SafetensorsHeader_StructureKept_IsReadOrRefused()
    {
        const string header = """{"__metadata__":{"format":"pt","a":"b"},"w":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]},"half":{"dtype":"F16","shape":[5],"data_offsets":[48,58]},"none":{"dtype":"BOOL","shape":[0],"data_offsets":[58,58]}}""";
        AssertReadOrRefused(4000, random => Mutations.Json(random, header), bytes =>
        {
            var length = 8L + bytes.Length + 58;
            foreach (var entry in SafetensorsHeader.Parse("a", bytes, length).Entries.Values)
            {
                Assert.IsTrue(entry.Offset >= 8 + bytes.Length && entry.Offset + entry.Length <= length);
                Assert.IsLessThanOrEqualTo(58L, entry.Info.Count);
            }
        });
    }

    [TestMethod]
    [DataRow("torch_2_13.pt", 700)]
    [DataRow("plain.pt", 3000)]
    public void TorchScript_DamagedPickleWithItsChecksum_IsReadOrRefused(string name, int times)
    {
        var records = ArchiveBuilder.Records(File.ReadAllBytes(Cases.PathOf("torchscript", name)));
        var place = records.FindIndex(r => r.Name.EndsWith("/data.pkl", StringComparison.Ordinal));
        var (pickle, pickled) = records[place];
        AssertReadOrRefused(times, random => Mutations.Bytes(random, pickled), bytes =>
        {
            records[place] = (pickle, bytes);
            ReadAll(ArchiveBuilder.Zip(records, ""));
        });
    }

    [TestMethod]
    public void TorchScript_DamagedRecordsWithTheirChecksums_AreReadOrRefused()
    {
        var records = ArchiveBuilder.Records(File.ReadAllBytes(Cases.PathOf("torchscript", "plain.pt")));
        AssertReadOrRefused(2000, random =>
        {
            var damaged = records.ToList();
            var i = random.Next(damaged.Count);
            damaged[i] = random.Next(4) == 0
                ? (Encoding.UTF8.GetString([.. Mutations.Bytes(random, Encoding.UTF8.GetBytes(damaged[i].Name)), .. "."u8]), damaged[i].Bytes)
                : (damaged[i].Name, Mutations.Bytes(random, damaged[i].Bytes));
            return ArchiveBuilder.Zip(damaged, "");
        }, ReadAll);
    }

    [TestMethod]
    public void TorchScript_DamagedZip_IsReadOrRefused()
    {
        var whole = File.ReadAllBytes(Cases.PathOf("torchscript", "plain.pt"));
        AssertReadOrRefused(4000, random => Mutations.Bytes(random, whole), ReadAll);
    }

    [TestMethod]
    public void Tokenizer_StructureKept_IsReadOrRefused()
    {
        const string vocabulary = """{"a":0,"b</w>":1,"ab</w>":2,"a</w>":3,"b":4,"ab":5,"aba</w>":6,"<|startoftext|>":7,"<|endoftext|>":8}""", merges = "#version: 0.2\na b</w>\na b\nab a</w>\n";
        AssertReadOrRefused(3000, random => random.Next(3) == 0
            ? [.. Encoding.UTF8.GetBytes(vocabulary), 0, .. Mutations.Bytes(random, Encoding.UTF8.GetBytes(merges))]
            : [.. Mutations.Json(random, vocabulary), 0, .. Encoding.UTF8.GetBytes(merges)], bytes =>
        {
            var parts = Encoding.UTF8.GetString(bytes).Split('\0', 2);
            AssertEncodes(ClipTokenizer.Parse("vocab.json", Encoding.UTF8.GetBytes(parts[0]), "merges.txt", parts.Length > 1 ? parts[1] : ""));
        });
    }

    [TestMethod]
    public void TokenizerJson_StructureKept_IsReadOrRefused()
    {
        const string tokenizer = """{"version":"1.0","added_tokens":[{"id":7,"content":"<|startoftext|>","special":true},{"id":8,"content":"<|endoftext|>"}],"model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a":0,"b</w>":1,"ab</w>":2,"a</w>":3,"b":4,"ab":5,"aba</w>":6},"merges":["a b</w>",["a","b"],"ab a</w>"]}}""";
        AssertReadOrRefused(3000, random => Mutations.Json(random, tokenizer), bytes => AssertEncodes(TokenizerJson.Parse("tokenizer.json", bytes)));
    }

    private static void AssertEncodes(ClipTokenizer tokenizer)
    {
        foreach (var id in tokenizer.Encode("ab aba B \u0130 \ud83d\ude00 <|endoftext|>"))
        {
            Assert.IsTrue(id >= 0 && id <= tokenizer.EndId);
        }
    }

    private static void ReadAll(byte[] archive)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = TorchScriptCheckpoint.Open(new MemoryStream(archive), "a.pt");
        foreach (var name in checkpoint.Names)
        {
            Assert.AreEqual(checkpoint.Info(name).Count, checkpoint.Read(name).NumberOfElements);
        }
    }

    private static void AssertReadOrRefused(int times, Func<Random, byte[]> damage, Action<byte[]> read)
    {
        var random = new Random(7);
        var refused = 0;
        for (var i = 0; i < times; i++)
        {
            var bytes = damage(random);
            try
            {
                read(bytes);
            }
            catch (CheckpointFormatException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"mutation {i}, {Convert.ToBase64String(bytes)}: {e}");
            }
        }

        Assert.IsTrue(refused > times / 4 && refused < times, $"{refused} of {times} refused");
    }
}
