using MicroWorld.Training;
using TorchSharp;
using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Classification;
using static TorchSharp.torch;

namespace MicroWorld.Evaluation;

/// <summary>A picture and what is known about it.</summary>
/// <param name="Rgb">32 × 32 × 3 bytes.</param>
/// <param name="Labels">What it shows, among the annotated labels.</param>
/// <param name="Annotates">Of which labels that says whether they are there.</param>
internal sealed record Example(byte[] Rgb, IReadOnlyList<string> Labels, Annotated Annotates)
{
    public static Example Of(Scene scene, Annotated annotates) => new(SceneRenderer.Render(scene), [.. scene.Labels], annotates);
}

/// <summary>The labels that a picture is annotated with.</summary>
internal enum Annotated
{
    /// <summary>A photo's.</summary>
    Seen,

    /// <summary>A synthetic picture's.</summary>
    Unseen,

    /// <summary>Those of a photo that the method has to do without.</summary>
    All,
}

/// <summary>Turns examples to what the trainer of the library takes.</summary>
internal static class TrainingRows
{
    /// <summary>Byte pictures [N, 3, 32, 32].</summary>
    public static Tensor Pictures(IReadOnlyList<Example> examples) => WorldBatches.FromBytes([.. examples.SelectMany(e => e.Rgb)]);

    /// <summary>Rows at the classifier's size; what a picture is not annotated with is unknown.</summary>
    public static InMemoryTrainingRows Create(FusionClassifier classifier, IReadOnlyList<Example> examples)
    {
        using var scope = NewDisposeScope();
        var targets = new float[examples.Count, WorldLabels.All.Length];
        for (var i = 0; i < examples.Count; i++)
        {
            for (var c = 0; c < WorldLabels.All.Length; c++)
            {
                var unknown = c < WorldLabels.Unseen.Length ? Annotated.Seen : Annotated.Unseen;
                targets[i, c] = examples[i].Annotates == unknown ? float.NaN : examples[i].Labels.Contains(WorldLabels.All[c]) ? 1 : 0;
            }
        }

        return new InMemoryTrainingRows(classifier.Preprocessor.Resize(Pictures(examples)), tensor(targets), [.. examples.Select(e => e.Annotates == Annotated.Unseen)]);
    }
}
