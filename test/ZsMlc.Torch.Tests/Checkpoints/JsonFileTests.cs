using System.Text.Json;
using System.Text.Json.Serialization;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.Torch.Tests.Checkpoints;

[TestClass]
public sealed class JsonFileTests
{
    private static readonly JsonSerializerOptions s_named = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    [TestMethod]
    public void Read_NumbersAsPythonWritesThem_AreThoseNumbers()
    {
        var numbers = Read("""{"a": -Infinity, "b":[NaN,Infinity] , "c": 1e-5}""", root =>
            (root.GetProperty("a").Deserialize<double>(s_named), root.GetProperty("b").Deserialize<double[]>(s_named)!, root.GetProperty("c").Deserialize<double>(s_named)));
        Assert.AreEqual(double.NegativeInfinity, numbers.Item1);
        CollectionAssert.AreEqual(new[] { double.NaN, double.PositiveInfinity }, numbers.Item2);
        Assert.AreEqual(1e-5, numbers.Item3);
    }

    [TestMethod]
    public void Read_TheSameWordsInTexts_StayTexts() =>
        Assert.AreEqual("a \\ \" NaN -Infinity", Read("""{"NaN": "a \\ \" NaN -Infinity", "b": NaN}""", root => root.GetProperty("NaN").GetString()));

    [TestMethod]
    public void Read_ByteOrderMark_IsSkipped() => Assert.AreEqual(1, Read("\uFEFF[1]", root => root[0].GetInt32()));

    [TestMethod]
    [DataRow("""{"a":1,"a":2}""")]
    [DataRow("""{"a":{"b":1,"b":1}}""")]
    [DataRow("""{"a":-NaN}""")]
    [DataRow("""{"a":NaNs}""")]
    [DataRow("""{"a":"\ud800"}""")]
    [DataRow("""{"a":"NaN""")]
    [DataRow("\"\\")]
    [DataRow("")]
    public void Read_SomethingElse_IsRefusedByName(string json) =>
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => Read(json, root => root.GetProperty("a").GetString())).Message, "a.json: not a list");

    [TestMethod]
    public void Read_DeepNesting_IsRefused() =>
        Assert.ThrowsExactly<CheckpointFormatException>(() => Read(new string('[', 1_000_000), root => root.ValueKind));

    [TestMethod]
    public void Read_LongerThanAnyVocabulary_IsRefusedUnread()
    {
        using var folder = new TemporaryFolder();
        using (var file = File.Create(folder["a.json"]))
        {
            file.SetLength(SmallFile.MaxLength + 1L);
        }

        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => JsonFile.Read(folder["a.json"], "a list", root => root.ValueKind)).Message, "at most");
    }

    private static T Read<T>(string json, Func<JsonElement, T> read)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.json"], json);
        return JsonFile.Read(folder["a.json"], "a list", read);
    }
}
