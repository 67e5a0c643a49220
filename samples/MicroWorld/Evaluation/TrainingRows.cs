using MicroWorld.Training;
using TorchSharp;
using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Classification;
using static TorchSharp.torch;

namespace MicroWorld.Evaluation;

/// <summary>A picture and what is known about it.</summary>
/// <param name="Rgb">32 × 32 × 3 bytes.</param>
/// <param name="Labels">What it shows, among the annotated labels.</param>
/// <param name="IsSynthetic">Whether it annotates the unseen labels (else the seen ones).</param>
internal sealed record Example(byte[] Rgb, IReadOnlyList<string> Labels, bool IsSynthetic)
{
    public static Example Of(Scene scene) => new(SceneRenderer.Render(scene), [.. scene.Labels], IsSynthetic: false);
}

/// <summary>Turns examples to what the trainer of the library takes.</summary>
internal static class TrainingRows
{
    /// <summary>Byte pictures [N, 3, 32, 32].</summary>
    public static Tensor Pictures(IReadOnlyList<Example> examples) => WorldBatches.FromBytes([.. examples.SelectMany(e => e.Rgb)]);

    /// <summary>Rows at the classifier's size; a real picture knows nothing of the unseen labels, a synthetic one nothing of the seen.</summary>
    public static InMemoryTrainingRows Create(FusionClassifier classifier, IReadOnlyList<Example> examples)
    {
        using var scope = NewDisposeScope();
        var targets = new float[examples.Count, WorldLabels.All.Length];
        for (var i = 0; i < examples.Count; i++)
        {
            for (var c = 0; c < WorldLabels.All.Length; c++)
            {
                var isUnseen = c < WorldLabels.Unseen.Length;
                targets[i, c] = isUnseen != examples[i].IsSynthetic ? float.NaN : examples[i].Labels.Contains(WorldLabels.All[c]) ? 1 : 0;
            }
        }

        return new InMemoryTrainingRows(classifier.Preprocessor.Resize(Pictures(examples)), tensor(targets), [.. examples.Select(e => e.IsSynthetic)]);
    }
}
