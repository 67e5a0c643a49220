using System.Globalization;
using MicroWorld.Training;
using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Tuning;

namespace MicroWorld.Evaluation;

/// <summary>Measures tuning of the text encoder on sentences and noise that it never saw.</summary>
/// <param name="clip">Folder of the judge.</param>
/// <param name="diffusion">Folder of the generator.</param>
/// <param name="images">Pictures behind each figure, half of them of one label and half of two.</param>
/// <param name="recipe">How it is tuned.</param>
internal sealed class TuningGain(string clip, string diffusion, int images, TextEncoderTuningOptions recipe)
{
    /// <summary>Prints V of the asked labels and the share that the filter keeps, before and after, for each seed of the tuning.</summary>
    public void Print(int first, int seeds)
    {
        using var model = ClipModel.FromPretrained(clip);
        using var judge = new Judge(model, WorldLabels.Unseen);
        Console.WriteLine($"{recipe.Iterations} steps of {recipe.BatchSize} pictures, learning rate {Number(recipe.LearningRate, "g2")}; {images} held-out pictures.");
        Console.WriteLine("| seed | V before | V after | kept before, % | kept after, % | V in tuning, first and last quarter |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        for (var seed = first; seed < first + seeds; seed++)
        {
            using var pipeline = StableDiffusionPipeline.FromPretrained(diffusion);
            var before = HeldOut(pipeline, judge, seed);
            var result = TextEncoderTuner.Tune(pipeline, judge.Discriminator, step => Samples(judge, seed, step), recipe with { Seed = seed });
            var after = HeldOut(pipeline, judge, seed);
            var curve = result.TargetValues;
            var quarter = Math.Max(1, curve.Count / 4);
            Console.WriteLine($"| {seed} | {Number(before.Value)} | {Number(after.Value)} | {Number(before.Kept, "f1")} | {Number(after.Kept, "f1")} | {Number(curve.Take(quarter).Average())}, {Number(curve.TakeLast(quarter).Average())} |");
        }
    }

    // Tuning sees one form of sentence, "A photo of a dog next to a cup.".
    private IReadOnlyList<TuningSample> Samples(Judge judge, int seed, int step) =>
    [
        .. Enumerable.Range(0, recipe.BatchSize)
            .Select(i => SyntheticPool.Labels(10_000_000 * seed + step * recipe.BatchSize + i))
            .Select(l => new TuningSample(Generation.Prompt(l), judge.Indices(l))),
    ];

    private (double Value, double Kept) HeldOut(StableDiffusionPipeline pipeline, Judge judge, int seed)
    {
        var named = Enumerable.Range(0, images).Select(i => SyntheticPool.Labels(10_000_000 * seed - 1 - i)).ToList();
        var prompts = named.Select((n, i) => Sentence(n, (ulong)(seed * images + i))).ToList();
        using var pictures = WorldBatches.FromBytes([.. Generation.Run(pipeline, prompts, seed: 7_000_000L * seed).SelectMany(i => i.Pixels)]);
        var values = judge.Values(pictures, named).Zip(named, (v, n) => judge.Indices(n).Average(c => v[c]));
        return (values.Average(), judge.KeptPercent(pictures, named));
    }

    // The other forms: lists and "picture of", with other joints.
    private static string Sentence(IReadOnlyList<string> labels, ulong index)
    {
        var random = new WorldRandom(90_210, index);
        return Captions.Write(ref random, labels, style: null);
    }

    private static string Number(double value, string format = "f3") => value.ToString(format, CultureInfo.InvariantCulture);
}
