namespace ZsMlc.Torch.Hub;

/// <summary>Which files of a published model are read here: configurations, vocabularies and one set of weights, never a pickle.</summary>
internal static class NeededFiles
{
    private const string OpenClipConfig = "open_clip_config.json", OpenClipWeights = "open_clip_model.safetensors";

    private static readonly string[] s_tokenizer = ["vocab.json", "merges.txt", "tokenizer.json"];

    private static readonly string[] s_networks = ["text_encoder", "text_encoder_2", "unet", "vae"];

    /// <summary>The sets of files with which a model can be loaded, the preferred first. None when it has no weights that are read here.</summary>
    /// <param name="paths">The model's files.</param>
    /// <param name="variant">Preferred weights, such as fp16, or null.</param>
    public static IEnumerable<IReadOnlyList<string>> Choices(IReadOnlyCollection<string> paths, string? variant)
    {
        var choices = paths.Contains("model_index.json") ? [Pipeline(paths, variant)]
            : paths.Contains(OpenClipConfig) && paths.Contains(OpenClipWeights) ? [OpenClip(paths), Single(paths, variant)]
            : new[] { Single(paths, variant) };
        return choices.Where(c => c is not null)!;
    }

    private static IReadOnlyList<string> OpenClip(IEnumerable<string> paths) => [.. paths.Where(p => p is OpenClipConfig or OpenClipWeights || s_tokenizer.Contains(p))];

    private static IReadOnlyList<string>? Single(IReadOnlyCollection<string> paths, string? variant)
    {
        var weights = WeightsFiles.Choose(paths, variant).ToHashSet();
        string[] others = ["config.json", OpenClipConfig, "preprocessor_config.json", "processor_config.json", .. s_tokenizer];
        return weights.Count == 0 ? null : [.. paths.Where(p => weights.Contains(p) || others.Contains(p))];
    }

    private static IReadOnlyList<string>? Pipeline(IReadOnlyCollection<string> paths, string? variant)
    {
        HashSet<string> needed = ["model_index.json", "scheduler/scheduler_config.json"];
        foreach (var part in new[] { "tokenizer", "tokenizer_2" })
        {
            needed.UnionWith(s_tokenizer.Concat(["tokenizer_config.json", "special_tokens_map.json"]).Select(name => $"{part}/{name}"));
        }

        foreach (var part in s_networks)
        {
            var names = paths.Where(p => p.StartsWith($"{part}/", StringComparison.Ordinal)).Select(p => p[(part.Length + 1)..]).ToHashSet();
            var weights = WeightsFiles.Choose(names, variant).ToList();
            if (names.Count > 0 && weights.Count == 0)
            {
                return null;
            }

            needed.UnionWith(weights.Append("config.json").Select(name => $"{part}/{name}"));
        }

        return [.. paths.Where(needed.Contains)];
    }
}
