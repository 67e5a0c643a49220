using System.Text.Json;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.Torch.Clip;

/// <summary>What the files beside a vocabulary say about how texts become tokens: refused by name where it is not CLIP's way, which is the one that is computed.</summary>
internal static class TokenizerSettings
{
    /// <summary>The file of settings in a tokenizer's folder.</summary>
    public const string ConfigFile = "tokenizer_config.json";

    private const string WordPattern = @"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    /// <summary>Checks <c>tokenizer_config.json</c>, where a folder has it.</summary>
    /// <exception cref="CheckpointFormatException">The file is damaged, or asks for something else than CLIP's way.</exception>
    public static void CheckFolder(string folder)
    {
        var path = Path.Combine(folder, ConfigFile);
        if (File.Exists(path))
        {
            JsonFile.Read(path, "a CLIP tokenizer's configuration", CheckConfig);
        }
    }

    /// <summary>Checks the steps around the model of a <c>tokenizer.json</c>.</summary>
    /// <exception cref="FormatException">A step is not CLIP's.</exception>
    public static void CheckSteps(JsonElement root)
    {
        FixedSettings.Require(
            root.GetProperty("model"), "model", ("end_of_word_suffix", "\"</w>\""), ("continuing_subword_prefix", "\"\""), ("byte_fallback", "false"), ("ignore_merges", "false"), ("dropout", "0"));
        var normalizers = Steps(root, "normalizer", "normalizers", "NFC", "Replace", "Strip", "Lowercase");
        var splitters = Steps(root, "pre_tokenizer", "pretokenizers", "Split", "ByteLevel");
        Require(normalizers is null || normalizers.Any(n => n.Text("type") == "Lowercase"), root, "normalizer", "one with Lowercase");
        Require(splitters is null || splitters.Any(s => s.Text("type") == "ByteLevel"), root, "pre_tokenizer", "one with ByteLevel");
        foreach (var splitter in splitters ?? [])
        {
            FixedSettings.Require(splitter, "pre_tokenizer", ("add_prefix_space", "false"));
            var pattern = splitter.Part("pattern").Text("Regex");
            Require(pattern?.Contains(WordPattern, StringComparison.Ordinal) != false, splitter, "pattern", $"CLIP's, {WordPattern}");
        }

        if (root.TryGetProperty("post_processor", out var processor))
        {
            Require(Ends(processor) is (ClipTokenizer.StartText, ClipTokenizer.EndText), root, "post_processor", $"{ClipTokenizer.StartText} in front of a text and {ClipTokenizer.EndText} behind it");
        }
    }

    private static bool CheckConfig(JsonElement root)
    {
        FixedSettings.Require(
            root, ConfigFile, ("padding_side", "\"right\""), ("truncation_side", "\"right\""), ("do_lower_case", "true"), ("add_bos_token", "true"), ("add_eos_token", "true"), ("add_prefix_space", "false"));
        foreach (var (name, expected) in new[] { ("bos_token", ClipTokenizer.StartText), ("eos_token", ClipTokenizer.EndText) })
        {
            if (root.TryGetProperty(name, out var token) && token.ValueKind != JsonValueKind.Null)
            {
                // A special token is written as a text or as an object.
                Require((token.ValueKind == JsonValueKind.Object ? token.Text("content") : token.GetString()) == expected, root, name, expected);
            }
        }

        // The general classes say nothing of the kind, which tokenizer.json then does.
        var kind = root.Text("tokenizer_class");
        Require(kind is null or "PreTrainedTokenizerFast" or "TokenizersBackend" || kind.StartsWith("CLIPTokenizer", StringComparison.Ordinal), root, "tokenizer_class", "CLIPTokenizer");
        return true;
    }

    /// <summary>The steps of a part, which may be one or a sequence; null where the file does not speak of it.</summary>
    private static List<JsonElement>? Steps(JsonElement root, string name, string sequence, params string[] known)
    {
        if (!root.TryGetProperty(name, out var part))
        {
            return null;
        }

        List<JsonElement> steps = part.ValueKind != JsonValueKind.Object ? [] : part.TryGetProperty(sequence, out var list) ? [.. list.EnumerateArray()] : [part];
        foreach (var step in steps)
        {
            Require(known.Contains(step.Text("type")), step, "type", $"one of {string.Join(", ", known)} in '{name}'");
        }

        return steps;
    }

    private static (string? Start, string? End) Ends(JsonElement processor)
    {
        switch (processor.ValueKind == JsonValueKind.Object ? processor.Text("type") : null)
        {
            case "RobertaProcessing" or "BertProcessing":
                return (processor.GetProperty("cls")[0].GetString(), processor.GetProperty("sep")[0].GetString());
            case "TemplateProcessing":
                List<JsonElement> single = [.. processor.GetProperty("single").EnumerateArray()];
                return single.Count == 3 ? (single[0].Part("SpecialToken").Text("id"), single[2].Part("SpecialToken").Text("id")) : default;
            case "Sequence":
                return processor.GetProperty("processors").EnumerateArray().Select(Ends).FirstOrDefault(e => e != default);
            default:
                return default;
        }
    }

    private static void Require(bool holds, JsonElement part, string name, string expected)
    {
        if (!holds)
        {
            throw new FormatException($"'{name}' is {(part.TryGetProperty(name, out var value) ? value.GetRawText() : "absent")}; supported is {expected}.");
        }
    }
}
