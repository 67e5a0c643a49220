using System.Diagnostics;
using System.Globalization;
using MicroWorld.Training;
using TorchSharp;
using ZsMlc.MicroModels;
using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using static TorchSharp.torch;

namespace MicroWorld.Evaluation;

/// <summary>Prints the figures that decide whether a bundle is good enough, each with its bound.</summary>
internal static class Gates
{
    /// <param name="clipFolder">CLIP's folder.</param>
    /// <param name="diffusionFolder">The diffusion model's folder; its figures are left out where it is missing.</param>
    /// <param name="sampling">How pictures are generated.</param>
    /// <param name="scenes">Scenes behind each figure of CLIP and of the autoencoder.</param>
    /// <param name="generated">Generated pictures of one object, and of two.</param>
    public static void Print(string clipFolder, string diffusionFolder, GenerationOptions sampling, int scenes, int generated)
    {
        manual_seed(1);
        using var clip = ClipModel.FromPretrained(clipFolder);
        ZeroShot(clip, scenes);
        Filter(clip, scenes);
        if (Directory.Exists(diffusionFolder))
        {
            using var pipeline = StableDiffusionPipeline.FromPretrained(diffusionFolder);
            RoundTrip(clip, pipeline, scenes);
            Generated(clip, pipeline, sampling, generated);
        }
    }

    private static void ZeroShot(ClipModel clip, int count)
    {
        using var scope = NewDisposeScope();
        using var all = new Judge(clip, WorldLabels.All);
        double total = 0;
        foreach (var style in WorldStyles.All)
        {
            var weights = WorldStyles.All.Select(s => s == style ? 1.0 : 0).ToArray();
            var corpus = new WebCorpus(4711) { StyleWeights = weights };
            var scenes = Enumerable.Range(0, count).Select(i => corpus[i].Scene).ToList();
            var map = Ranking.MeanAveragePrecision(all.Scores(WorldBatches.Draw(scenes)), scenes, WorldLabels.All);
            total += map / WorldStyles.All.Length;
            Line($"zero-shot, web, {style.Word()}", map, "mAP");
        }

        Line("zero-shot, web, mean of the styles", total, "mAP", "at least 85");
        var test = Enumerable.Range(0, TargetSet.Count(TargetSplit.Test)).Select(i => TargetSet.Picture(TargetSplit.Test, i)).ToList();
        var scores = all.Scores(WorldBatches.Draw(test));
        Line("zero-shot, test set, all labels", Ranking.MeanAveragePrecision(scores, test, WorldLabels.All), "mAP");
        var ofUnseen = scores.narrow(1, 0, WorldLabels.Unseen.Length);
        Line("zero-shot, test set, unseen labels", Ranking.MeanAveragePrecision(ofUnseen, test, WorldLabels.Unseen), "mAP", "55 to 85");
    }

    private static void Filter(ClipModel clip, int count)
    {
        using var scope = NewDisposeScope();
        using var judge = new Judge(clip, WorldLabels.Unseen);
        foreach (var objects in new[] { 1, 2 })
        {
            var scenes = new ProbeScenes(count, objects);
            var perfect = WorldBatches.Draw(scenes.Perfect);
            var name = objects == 1 ? "one object" : "two objects";
            Line($"kept, {name}", judge.KeptPercent(perfect, scenes.Named), "%", objects == 2 ? "at least 60" : "");
            Line($"kept, {name}, grey", judge.KeptPercent(Distortions.Grey(perfect), scenes.Named), "%", objects == 2 ? "at least 50" : "");
            Line($"kept, {name}, one of them replaced", judge.KeptPercent(WorldBatches.Draw(scenes.Replaced), scenes.Named), "%", objects == 2 ? "at most 5" : "");
            Line($"kept, {name}, 4×4 blocks shuffled", judge.KeptPercent(Distortions.ShuffleBlocks(perfect), scenes.Named), "%", objects == 2 ? "at most 10" : "");
        }
    }

    private static void RoundTrip(ClipModel clip, StableDiffusionPipeline pipeline, int count)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var judge = new Judge(clip, WorldLabels.Unseen);
        var scenes = new ProbeScenes(count, 2);
        var perfect = WorldBatches.Draw(scenes.Perfect);
        var decoded = cat([.. perfect.split(50).Select(p => pipeline.Vae.Decode(pipeline.Vae.Encode(p * 2 - 1).Mean))]).add(1).div(2).clamp(0, 1);
        Line("autoencoder, round trip", -10 * Math.Log10((decoded - perfect).square().mean().ToDouble()), "dB");
        var (before, after) = (judge.KeptPercent(perfect, scenes.Named), judge.KeptPercent(decoded, scenes.Named));
        Line("kept after the round trip, of those before", 100 * after / before, "%", "at least 90");
    }

    private static void Generated(ClipModel clip, StableDiffusionPipeline pipeline, GenerationOptions sampling, int count)
    {
        using var judge = new Judge(clip, WorldLabels.Unseen);
        foreach (var objects in new[] { 1, 2 })
        {
            var named = new ProbeScenes(count, objects).Named;
            var clock = Stopwatch.StartNew();
            var images = Generation.Run(pipeline, [.. named.Select(Generation.Prompt)], seed: 1000, sampling);
            var seconds = clock.Elapsed.TotalSeconds / count;
            using var pictures = WorldBatches.FromBytes([.. images.SelectMany(i => i.Pixels)]);
            var name = objects == 1 ? "one object" : "two objects";
            Line($"kept, generated, {name}", judge.KeptPercent(pictures, named), "%", objects == 1 ? "at least 80" : "at least 40");
            Line($"time an image, {name}", seconds, "s", "at most 0.2");
        }
    }

    private static void Line(string what, double value, string unit, string bound = "") =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-45} {value,7:F2} {unit,-4} {bound}"));
}
