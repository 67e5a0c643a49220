using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion.TextEncoder;

namespace ZsMlc.Torch.Tests.Diffusion.TextEncoder;

[TestClass]
public sealed class PadTokenTests
{
    private static readonly ClipTokenizer s_tokenizer = ClipTokenizer.Default;

    [TestMethod]
    public void Read_NoFile_IsTheEndToken() => Assert.AreEqual(s_tokenizer.EndId, Read(null, null));

    [TestMethod]
    [DataRow("""{"pad_token":"!"}""", null, DisplayName = "as transformers 5 saves it")]
    [DataRow(null, """{"pad_token":"!"}""", DisplayName = "as transformers 4 saves it")]
    [DataRow("""{"pad_token":{"__type":"AddedToken","content":"!","lstrip":false}}""", null)]
    [DataRow("""{"pad_token":"<|endoftext|>"}""", """{"pad_token":"!"}""", DisplayName = "the map overrules")]
    [DataRow("""{"pad_token":"!","added_tokens_decoder":{}}""", """{"pad_token":"<|endoftext|>"}""", DisplayName = "unless the configuration lists the special tokens")]
    [DataRow("""{"pad_token":"!"}""", """{"pad_token":null}""")]
    public void Read_OneOrBothFiles_AsTransformersDoes(string? config, string? map) => Assert.AreEqual(0, Read(config, map));

    [TestMethod]
    [DataRow("""{"pad_token":"no such token"}""", "no such token")]
    [DataRow("""{"pad_token":7}""", "pad_token is 7")]
    [DataRow("""{"pad_token":{"content":null}}""", "pad_token is")]
    [DataRow("[]", "expected an object")]
    public void Read_UnusableToken_NamesFileAndToken(string config, string expected)
    {
        var message = Assert.ThrowsExactly<CheckpointFormatException>(() => Read(config, null)).Message;
        StringAssert.Contains(message, "tokenizer_config.json");
        StringAssert.Contains(message, expected);
    }

    private static int Read(string? config, string? map)
    {
        using var folder = new TemporaryFolder();
        Write(folder["tokenizer_config.json"], config);
        Write(folder["special_tokens_map.json"], map);
        return PadToken.Read(folder.Path, s_tokenizer);
    }

    private static void Write(string path, string? text)
    {
        if (text is not null)
        {
            File.WriteAllText(path, text);
        }
    }
}
