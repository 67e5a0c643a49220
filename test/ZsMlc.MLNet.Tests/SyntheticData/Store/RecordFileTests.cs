using System.Text;

namespace ZsMlc.MLNet.SyntheticData.Store;

[TestClass]
public sealed class RecordFileTests
{
    private static readonly SlotRecord s_record = new(7, "0123456789abcdef", ["cat", "café"],
    [
        new("A \"cat\" next to a café 🐈.", 12345678901234, false, true, null, [], [0.1f, float.NaN]),
        new("Another.", 3, true, false, new("images/000/000007.png", 4, 5, 66, "ab"), ["animal"], [0.7f, 1e-7f]),
    ]);

    [TestMethod]
    public void Read_WrittenRecord_IsTheSame()
    {
        using var folder = new TestFolder();
        File.WriteAllBytes(folder["r.json"], RecordFile.ToBytes(s_record));

        var read = RecordFile.Read(folder["r.json"])!;

        CollectionAssert.AreEqual(RecordFile.ToBytes(s_record), RecordFile.ToBytes(read));
        Assert.AreEqual((7, "0123456789abcdef", true), (read.Slot, read.Store, read.IsAccepted));
        CollectionAssert.AreEqual(s_record.Labels.ToArray(), read.Labels.ToArray());
        Assert.AreEqual("A \"cat\" next to a café 🐈.", read.Attempts[0].Prompt);
        Assert.IsTrue(float.IsNaN(read.Attempts[0].Scores[1]));
        Assert.AreEqual(s_record.Attempts[1].Image, read.Attempts[1].Image);
    }

    [TestMethod]
    public void ToBytes_ModelOfOurOwn_WritesWhatEarlierVersionsWrote() => Assert.AreEqual(
        "{\"slot\":7,\"store\":\"0123456789abcdef\",\"labels\":[\"cat\",\"café\"],\"attempts\":["
        + "{\"prompt\":\"A \\\"cat\\\" next to a café \\uD83D\\uDC08.\",\"seed\":12345678901234,\"accepted\":false,\"abandoned\":true,\"pseudo_labels\":[],\"scores\":[0.1,\"NaN\"]},"
        + "{\"prompt\":\"Another.\",\"seed\":3,\"accepted\":true,\"abandoned\":false,\"image\":{\"file\":\"images/000/000007.png\",\"width\":4,\"height\":5,\"length\":66,\"sha256\":\"ab\"},\"pseudo_labels\":[\"animal\"],\"scores\":[0.7,1E-07]}"
        + "],\"sha256\":\"a3f064a6ee19209f194cff5db820718d875d06debeb21a7efbd0296446573844\"}\n",
        Encoding.UTF8.GetString(RecordFile.ToBytes(s_record)));

    [TestMethod]
    public void Read_AttemptsOfAService_KeepTheModelAndTheRefusal()
    {
        using var folder = new TestFolder();
        AttemptRecord refused = new("A cat.", 1, false, false, null, [], []) { Model = "painter-1", Refusal = "HTTP 400: not allowed" };
        SlotRecord Record(AttemptRecord attempt) => new(7, "0123456789abcdef", ["cat"], [attempt]);
        File.WriteAllBytes(folder["r.json"], RecordFile.ToBytes(Record(refused)));

        Assert.AreEqual(("painter-1", "HTTP 400: not allowed"), (RecordFile.Read(folder["r.json"])!.Attempts[0].Model, RecordFile.Read(folder["r.json"])!.Attempts[0].Refusal));

        // Nobody gives up at its preview what was refused.
        File.WriteAllBytes(folder["r.json"], RecordFile.ToBytes(Record(refused with { Abandoned = true })));
        Assert.IsNull(RecordFile.Read(folder["r.json"]));
    }

    [TestMethod]
    public void Read_AnyByteAltered_GivesNothing()
    {
        using var folder = new TestFolder();
        var bytes = RecordFile.ToBytes(s_record);
        for (var i = 0; i < bytes.Length; i++)
        {
            var altered = bytes.ToArray();
            altered[i] ^= 1;
            File.WriteAllBytes(folder["r.json"], altered);

            Assert.IsNull(RecordFile.Read(folder["r.json"]), $"byte {i}");
        }
    }

    [TestMethod]
    public void Read_CutOrMissingFile_GivesNothing()
    {
        using var folder = new TestFolder();
        var bytes = RecordFile.ToBytes(s_record);
        for (var length = 0; length < bytes.Length; length += 5)
        {
            File.WriteAllBytes(folder["r.json"], bytes[..length]);
            Assert.IsNull(RecordFile.Read(folder["r.json"]), $"{length} bytes");
        }

        foreach (var text in new[] { "null", "[]", "{}", "7", "{\"slot\":7}", "\0\0\0\0" })
        {
            Assert.IsNull(RecordFile.Read(folder.Write("r.json", text)), text);
        }

        Assert.IsNull(RecordFile.Read(folder["none.json"]));
    }

    [TestMethod]
    public void IsFinished_AcceptedOrExhausted_IsTrue()
    {
        Assert.IsTrue(s_record.IsFinished(10));
        var open = s_record with { Attempts = [s_record.Attempts[0]] };
        Assert.IsFalse(open.IsFinished(2));
        Assert.IsTrue(open.IsFinished(1));
    }
}
