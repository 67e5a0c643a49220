using System.CommandLine;

namespace ZsMlc.Samples.TagImages;

/// <summary>The options that say which labels become tags.</summary>
internal static class TagOptions
{
    public static (Option<int> Top, Option<float?> Threshold) Create() => (
        new("--top") { Description = "The most tags of a picture.", DefaultValueFactory = _ => 5 },
        new("--threshold") { Description = "The least probability of a tag, 0 to 1; by default each label's own, which the model carries." });
}
