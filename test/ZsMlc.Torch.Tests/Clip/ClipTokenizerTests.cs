using System.Text.Json;
using ZsMlc.Torch.Clip;

namespace ZsMlc.Torch.Tests.Clip;

[TestClass]
public sealed class ClipTokenizerTests
{
    [TestMethod]
    public void Encode_GoldenNames_HasThePublishedIds()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Golden.PathOf("classifier", "coco_tokens.json")));
        var root = document.RootElement;
        var names = root.GetProperty("classes80").EnumerateArray().Select(n => n.GetString()!).ToList();
        var tokens = root.GetProperty("name_tokens80").EnumerateArray().Select(Ids).ToList();
        Assert.HasCount(names.Count, tokens);
        for (var i = 0; i < names.Count; i++)
        {
            CollectionAssert.AreEqual(tokens[i], ClipTokenizer.Default.Encode(names[i]).ToArray(), names[i]);
        }

        CollectionAssert.AreEqual(Ids(root.GetProperty("X_token")), ClipTokenizer.Default.Encode("X").ToArray());
        CollectionAssert.AreEqual(Ids(root.GetProperty("dot_token")), ClipTokenizer.Default.Encode(".").ToArray());
        Assert.AreEqual(root.GetProperty("sot").GetInt32(), ClipTokenizer.Default.StartId);
        Assert.AreEqual(root.GetProperty("eot").GetInt32(), ClipTokenizer.Default.EndId);

        // A whole prompt: as many placeholders as fit, the name, and a full stop.
        var prompt = Ids(root.GetProperty("prompt_example_dog")).Select(i => (long)i).ToArray();
        var text = string.Concat(Enumerable.Repeat("X ", prompt.Count(i => i == Ids(root.GetProperty("X_token"))[0]))) + "dog.";
        using var ids = ClipTokenizer.Default.Tokenize([text], prompt.Length);
        CollectionAssert.AreEqual(prompt, ids.data<long>().ToArray());
    }

    private static int[] Ids(JsonElement array) => array.EnumerateArray().Select(i => i.GetInt32()).ToArray();

    [TestMethod]
    public void Default_Vocabulary_IsThePublishedOne()
    {
        Assert.AreEqual(49408, ClipTokenizer.Default.VocabularySize);
        Assert.AreEqual(49406, ClipTokenizer.Default.StartId);
        Assert.AreEqual(49407, ClipTokenizer.Default.EndId);
    }

    [TestMethod]
    public void Tokenize_ShortText_IsFramedAndPadded()
    {
        using var ids = ClipTokenizer.Default.Tokenize(["a cat"], 6, padId: 5);
        CollectionAssert.AreEqual(new long[] { 49406, 320, 2368, 49407, 5, 5 }, ids.data<long>().ToArray());
    }

    [TestMethod]
    public void Tokenize_EightyTokens_KeepsTheEndToken()
    {
        using var ids = ClipTokenizer.Default.Tokenize([string.Join(' ', Enumerable.Repeat("cat", 80)), ""]);
        var values = ids.data<long>().ToArray();
        Assert.AreEqual(49407, values[76]);
        Assert.AreEqual(2368, values[75]);
        CollectionAssert.AreEqual(new long[] { 49406, 49407, 0 }, values[77..80]);
    }

    [TestMethod]
    public void Encode_MarkupAndWhiteSpace_IsCleanedFirst() =>
        CollectionAssert.AreEqual(ClipTokenizer.Default.Encode("a cat & dog").ToArray(), ClipTokenizer.Default.Encode("  A \n cat &amp;amp;\tDOG ").ToArray());

    [TestMethod]
    public void Encode_AnyText_RoundTripsThroughAFolder()
    {
        using var folder = new TemporaryFolder();
        Dictionary<string, int> vocabulary = new() { ["a"] = 0, ["b</w>"] = 1, ["ab</w>"] = 2, ["a</w>"] = 3, ["b"] = 4, ["<|startoftext|>"] = 5, ["<|endoftext|>"] = 6 };
        new ClipTokenizer(vocabulary, ["a b</w>"]).Save(folder.Path);
        Assert.IsTrue(ClipTokenizer.IsIn(folder.Path));
        var read = ClipTokenizer.FromFolder(folder.Path);
        CollectionAssert.AreEqual(new[] { 2, 3 }, read.Encode("ab a").ToArray());
        Assert.AreEqual(6, read.EndId);
    }

    [TestMethod]
    public void Constructor_EndTokenNotLast_IsRefused() =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new ClipTokenizer(new Dictionary<string, int> { ["<|startoftext|>"] = 1, ["<|endoftext|>"] = 0 }, [])).Message, "highest");

    [TestMethod]
    public void Encode_TextsOfManyScripts_AgreesWithTheReference()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Golden.PathOf("clip", "tokens.json")));
        foreach (var entry in document.RootElement.EnumerateArray())
        {
            var text = entry.GetProperty("text").GetString()!;
            CollectionAssert.AreEqual(Ids(entry.GetProperty("ids")), ClipTokenizer.Default.Encode(text).ToArray(), text);
        }
    }

    [TestMethod]
    public void Default_SavedToAFolder_ReadsBackTheSame()
    {
        using var folder = new TemporaryFolder();
        ClipTokenizer.Default.Save(folder.Path);
        var read = ClipTokenizer.FromFolder(folder.Path);
        Assert.AreEqual(49408, read.VocabularySize);
        CollectionAssert.AreEqual(ClipTokenizer.Default.Merges.ToArray(), read.Merges.ToArray());
        const string Text = "naïve 日本 it's 🐶 #1";
        CollectionAssert.AreEqual(ClipTokenizer.Default.Encode(Text).ToArray(), read.Encode(Text).ToArray());
    }

    [TestMethod]
    [DataRow("{", "#version: 0.2\n", "vocab.json")]
    [DataRow("[]", "", "vocab.json")]
    [DataRow("""{"a":0}""", "", "startoftext")]
    [DataRow("""{"a":0,"<|startoftext|>":1,"<|endoftext|>":2}""", "#version: 0.2\na b", "line 2")]
    [DataRow("""{"a":0,"<|startoftext|>":1,"<|endoftext|>":2}""", "a", "merges.txt")]
    [DataRow("""{"a":0,"b":1,"ab":2,"<|startoftext|>":3,"<|endoftext|>":4}""", "#version: 0.2\n", "merges.txt")]
    [DataRow("""{"a":0,"ab</w>":2,"<|startoftext|>":3,"<|endoftext|>":4}""", "", "'ab</w>'")]
    [DataRow("""{"a":0,"b":3,"<|startoftext|>":1,"<|endoftext|>":4}""", "a b", "union")]
    public void FromFolder_WrongFiles_NamesTheFault(string vocabulary, string merges, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["vocab.json"], vocabulary);
        File.WriteAllText(folder["merges.txt"], merges);
        StringAssert.Contains(Assert.ThrowsExactly<Torch.Checkpoints.CheckpointFormatException>(() => ClipTokenizer.FromFolder(folder.Path)).Message, expected);
    }

    [TestMethod]
    [DataRow("5", "{}", "type")]
    [DataRow("\"BPE\"", """{"ab":0}""", "no merges")]
    public void FromFolder_TokenizerJsonThatIsNotCLIPs_NamesTheFault(string type, string vocabulary, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["tokenizer.json"], TokenizerJson(type, vocabulary));
        var message = Assert.ThrowsExactly<Torch.Checkpoints.CheckpointFormatException>(() => ClipTokenizer.FromFolder(folder.Path)).Message;
        StringAssert.Contains(message, expected);
        StringAssert.Contains(message, "tokenizer.json");
    }

    [TestMethod]
    public void FromFolder_LettersAndMarksAlone_NeedNoMerges()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["tokenizer.json"], TokenizerJson("null", """{"a":0,"b</w>":1,"<unk>":2}"""));
        CollectionAssert.AreEqual(new[] { 0, 1 }, ClipTokenizer.FromFolder(folder.Path).Encode("ab").ToArray());
    }

    private static string TokenizerJson(string type, string vocabulary) => $$"""
        {"added_tokens":[{"id":7,"content":"<|startoftext|>"},{"id":8,"content":"<|endoftext|>"}],"model":{"type": {{type}} ,"end_of_word_suffix":"</w>","vocab": {{vocabulary}} , "merges": []} }
        """;

    [TestMethod]
    public void Tokenize_ContextOfOne_IsRefused() =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ClipTokenizer.Default.Tokenize(["a"], 1));
}
