namespace ZsMlc.Torch.Hub;

/// <summary>How published model folders name their weights.</summary>
internal static class WeightsFiles
{
    private const string Ending = ".safetensors";

    private static readonly string[] s_stems = ["model", "diffusion_pytorch_model", "open_clip_model", "open_clip_pytorch_model"];

    /// <summary>Names to look for in a folder, the preferred first.</summary>
    /// <param name="variant">A variant such as <c>fp16</c> to prefer, or null for full precision, else fp16.</param>
    public static IReadOnlyList<string> Candidates(string? variant)
    {
        string[] variants = variant is null ? ["", ".fp16"] : ["." + variant, ""];
        return [.. variants.SelectMany(v => s_stems.SelectMany(stem => new[]
        {
            $"{stem}{v}{Ending}",
            $"{stem}{Ending}.index{v}.json",
            $"{stem}{v}{Ending}.index.json",
        })).Distinct()];
    }

    /// <summary>Takes the preferred weights out of the names in a folder: one file, or an index with its shards. Empty where there are none.</summary>
    public static IEnumerable<string> Choose(IReadOnlyCollection<string> names, string? variant) =>
        Candidates(variant).FirstOrDefault(names.Contains) is not { } chosen ? []
        : chosen.EndsWith(Ending, StringComparison.Ordinal) ? [chosen]
        : names.Where(name => IsShard(name, chosen)).Prepend(chosen);

    // model.safetensors.index.fp16.json goes with model-00001-of-00002.fp16.safetensors, model.fp16.safetensors.index.json with
    // model.fp16-00001-of-00002.safetensors.
    private static bool IsShard(string name, string index)
    {
        var parts = index.Split($"{Ending}.index");
        var (stem, variant) = (parts[0], parts[1][..^".json".Length]);
        return name.StartsWith($"{stem}-", StringComparison.Ordinal) && name.EndsWith(variant + Ending, StringComparison.Ordinal)
            && name[(stem.Length + 1)..^(variant.Length + Ending.Length)].Split("-of-") is [var number, var count] && number.All(char.IsAsciiDigit) && count.All(char.IsAsciiDigit);
    }
}
