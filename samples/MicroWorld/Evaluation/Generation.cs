using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Diffusion;

namespace MicroWorld.Evaluation;

/// <summary>Pictures from the micro diffusion model.</summary>
internal static class Generation
{
    /// <summary>
    /// How pictures are sampled unless a command asks for something else. The last steps only add detail; guiding them too keeps hardly
    /// more pictures and takes longer.
    /// </summary>
    public static GenerationOptions Sampling { get; } = new() { GuidanceScale = 3, GuidanceEnd = 0.7, BatchSize = 16 };

    /// <summary>The method's fallback sentence for a label set.</summary>
    public static string Prompt(IReadOnlyList<string> labels) =>
        labels.Count == 1 ? $"A photo of a {labels[0]}." : $"A photo of a {labels[0]} next to a {labels[1]}.";

    public static IReadOnlyList<GeneratedImage> Run(StableDiffusionPipeline pipeline, IReadOnlyList<string> prompts, long seed, GenerationOptions? sampling = null) =>
        pipeline.GenerateAsync(prompts, options: (sampling ?? Sampling) with { Seed = seed }).GetAwaiter().GetResult();

    /// <summary>Draws the first seeds of every unseen label and of pairs, nothing picked.</summary>
    public static void Grid(StableDiffusionPipeline pipeline, GenerationOptions sampling, string path)
    {
        var prompts = new List<string[]>();
        foreach (var label in WorldLabels.Unseen)
        {
            prompts.AddRange(Enumerable.Repeat<string[]>([label], 4));
        }

        for (var i = 0; i < 32; i++)
        {
            var (first, second) = (i % 8, (i % 8 + 1 + i / 8) % 8);
            prompts.Add([WorldLabels.Unseen[first], WorldLabels.Unseen[second]]);
        }

        var images = Run(pipeline, [.. prompts.Select(Prompt)], seed: 0, sampling);
        var sheet = new Sheet(8, images[0].Width, zoom: 3);
        for (var i = 0; i < images.Count; i++)
        {
            sheet.Add(images[i].Pixels, string.Join(", ", prompts[i]));
        }

        sheet.Save(path);
    }
}
