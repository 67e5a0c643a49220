using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ZsMlc.MLNet.SyntheticData.Plan;

namespace ZsMlc.MLNet.SyntheticData.Store;

[TestClass]
public sealed class StoreMutationTests
{
    private static readonly StoreIdentity s_identity = new StoreIdentity().Add("Steps", 20).Add("NegativePrompt", "blurry").WithCandidates(["cat"]);

    [TestMethod]
    [DataRow("""{"format":"synthetic-images/1","options":{"Steps":20,"Steps":30},"candidates":["cat"]}""")]
    [DataRow("""{"format":"synthetic-images/1","options":{"Steps":20,"NegativePrompt":"\ud83d"},"candidates":["cat"]}""")]
    [DataRow("""{"format":"synthetic-images/1","options":{"Steps":20,"\ud83d":1},"candidates":["cat"]}""")]
    [DataRow("""{"options":7}""")]
    [DataRow("7")]
    public void DifferencesFrom_NoIdentity_GivesNothing(string json) =>
        Assert.IsNull(s_identity.DifferencesFrom(Encoding.UTF8.GetBytes(json)));

    [TestMethod]
    public void DifferencesFrom_MutatedFiles_AreDamagedOrDiffer()
    {
        var random = new Random(1);
        var whole = s_identity.ToBytes();
        var damaged = 0;
        for (var i = 0; i < 3000; i++)
        {
            var bytes = i % 3 == 0 ? Mutations.OfBytes(whole, random) : Encoding.UTF8.GetBytes(Mutations.OfJson(Encoding.UTF8.GetString(whole), random));

            var differences = s_identity.DifferencesFrom(bytes);

            damaged += differences is null ? 1 : 0;
            Assert.IsTrue(differences is not { Count: 0 } || bytes.AsSpan().SequenceEqual(whole), Encoding.UTF8.GetString(bytes));
        }

        Assert.IsGreaterThan(500, damaged);
        Assert.IsLessThan(2900, damaged);
    }

    [TestMethod]
    public void Read_RecordsEditedAndSignedAgain_AreSoundOrNone()
    {
        using var folder = new TestFolder();
        StoreJob.Run(folder.Path, new Painter(), new Shard(0, 3));
        using var store = StoreJob.Open(folder.Path);
        var plan = GenerationPlan.Create(StoreJob.Plan);
        var slot = Enumerable.Range(0, plan.Count).First(i => store.Read(i, plan.SetOf(i).Labels) is { Attempts.Count: > 1 });
        var path = folder[StoreLayout.Record(slot)];
        var whole = File.ReadAllText(path);
        var random = new Random(2);
        var (sound, none) = (0, 0);
        for (var i = 0; i < 1200; i++)
        {
            if (Signed(Mutations.OfJson(whole, random)) is not { } bytes)
            {
                continue;
            }

            File.WriteAllBytes(path, bytes);
            var record = store.Read(slot, plan.SetOf(slot).Labels);
            _ = record is null ? none++ : sound++;

            // Whatever it says, all that reads records can cope with it.
            new CocoManifest(plan, store.Candidates).Write(Stream.Null, [record]);
            _ = i % 100 == 0 ? store.Samples(plan).Sum(s => s.Scores.Sum(v => v.Key.Length) + s.Prompt.Length + s.PseudoLabels.Sum(l => l.Length)) : 0;
            _ = record is not null && store.HasImages(record) && record.Attempts.All(store.IsIntact);
        }

        Assert.IsGreaterThan(40, sound);
        Assert.IsGreaterThan(100, none);
    }

    [TestMethod]
    [DataRow("images/../../outside.png")]
    [DataRow("/etc/hostname")]
    [DataRow("images/000/000001.png")]
    public void Read_RecordWhoseImageLiesElsewhere_GivesNothing(string file)
    {
        using var folder = new TestFolder();
        var record = new SlotRecord(7, "s", ["cat"], [new("A cat.", 3, true, false, new("images/000/000007.png", 4, 5, 66, "ab"), [], [])]);
        File.WriteAllBytes(folder["r.json"], RecordFile.ToBytes(record));
        Assert.IsNotNull(RecordFile.Read(folder["r.json"]));

        File.WriteAllBytes(folder["r.json"], RecordFile.ToBytes(record with { Attempts = [record.Attempts[0] with { Image = record.Attempts[0].Image! with { File = file } }] }));

        Assert.IsNull(RecordFile.Read(folder["r.json"]));
    }

    // As somebody would who edits a record and knows how to sign it.
    private static byte[]? Signed(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<SlotRecord>(json, StoreJson.Options) is { } record ? RecordFile.ToBytes(record) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
