using System.Text.Json.Nodes;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;

namespace ZsMlc.Torch.Tests.Clip;

[TestClass]
public sealed class TokenizerSettingsTests
{
    private const string Model = "tokenizer.json", Config = "tokenizer_config.json";

    [TestMethod]
    [DataRow(Model, "$.model.ignore_merges", "true", "ignore_merges")]
    [DataRow(Model, "$.model.byte_fallback", "true", "byte_fallback")]
    [DataRow(Model, "$.model.dropout", "0.1", "dropout")]
    [DataRow(Model, "$.model.continuing_subword_prefix", "\"##\"", "continuing_subword_prefix")]
    [DataRow(Model, "$.model.end_of_word_suffix", "\"\"", "end_of_word_suffix")]
    [DataRow(Model, "$.normalizer", "null", "normalizer")]
    [DataRow(Model, "$.normalizer", "{\"type\":\"NFC\"}", "Lowercase")]
    [DataRow(Model, "$.normalizer", "{\"type\":\"BertNormalizer\"}", "BertNormalizer")]
    [DataRow(Model, "$.pre_tokenizer", "{\"type\":\"Whitespace\"}", "Whitespace")]
    [DataRow(Model, "$.pre_tokenizer", "{\"type\":\"ByteLevel\",\"add_prefix_space\":true}", "add_prefix_space")]
    [DataRow(Model, "$.pre_tokenizer.pretokenizers[0].pattern", "{\"Regex\":\"[a-z]+\"}", "pattern")]
    [DataRow(Model, "$.post_processor", "null", "post_processor")]
    [DataRow(Model, "$.post_processor.cls", "[\"<|endoftext|>\",688]", "post_processor")]
    [DataRow(Config, "$.padding_side", "\"left\"", "padding_side")]
    [DataRow(Config, "$.truncation_side", "\"left\"", "truncation_side")]
    [DataRow(Config, "$.do_lower_case", "false", "do_lower_case")]
    [DataRow(Config, "$.bos_token", "\"<|endoftext|>\"", "bos_token")]
    [DataRow(Config, "$.eos_token", "{\"content\":\"!\"}", "eos_token")]
    [DataRow(Config, "$.eos_token", "7", "tokenizer_config.json")]
    [DataRow(Config, "$.tokenizer_class", "\"T5Tokenizer\"", "tokenizer_class")]
    public void FromFolder_NotCLIPsWay_IsRefusedByName(string file, string path, string value, string named)
    {
        using var folder = Edited(file, path, value);
        var e = Assert.ThrowsExactly<CheckpointFormatException>(() => ClipTokenizer.FromFolder(folder.Path));
        StringAssert.Contains(e.Message, file);
        StringAssert.Contains(e.Message, named);
    }

    [TestMethod]
    [DataRow(Model, "$.model.dropout", "0.0")]
    [DataRow(Model, "$.normalizer", "{\"type\":\"Lowercase\"}")]
    [DataRow(Model, "$.post_processor", "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<|startoftext|>\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"SpecialToken\":{\"id\":\"<|endoftext|>\",\"type_id\":0}}]}")]
    [DataRow(Config, "$.bos_token", "{\"__type\":\"AddedToken\",\"content\":\"<|startoftext|>\"}")]
    [DataRow(Config, "$.do_lower_case", "true")]
    [DataRow(Config, "$.tokenizer_class", "\"CLIPTokenizerFast\"")]
    [DataRow(Config, "$.tokenizer_class", "null")]
    [DataRow(Config, "$.errors", "\"replace\"")]
    public void FromFolder_AnotherWordForTheSame_ReadsTheSameTokens(string file, string path, string value)
    {
        using var folder = Edited(file, path, value);
        CollectionAssert.AreEqual(ClipTokenizer.FromFolder(Golden.PathOf("newest", "clip")).Encode("A Photo of a cat's hat, 12").ToArray(), ClipTokenizer.FromFolder(folder.Path).Encode("A Photo of a cat's hat, 12").ToArray());
    }

    /// <summary>The tokenizer of a folder that a library of today wrote, with one value changed.</summary>
    private static TemporaryFolder Edited(string file, string path, string value)
    {
        TemporaryFolder folder = new();
        foreach (var name in new[] { Model, Config })
        {
            var root = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden.PathOf("newest", "clip"), name)))!;
            if (name == file)
            {
                var steps = path["$.".Length..].Split('.', '[', ']').Where(s => s.Length > 0).ToArray();
                var part = steps[..^1].Aggregate(root, (node, step) => int.TryParse(step, out var index) ? node[index]! : node[step]!);
                part[steps[^1]] = JsonNode.Parse(value);
            }

            File.WriteAllText(folder[name], root.ToJsonString());
        }

        return folder;
    }
}
