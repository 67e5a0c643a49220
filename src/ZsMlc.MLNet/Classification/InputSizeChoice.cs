using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.Classification;

/// <summary>What trainings at several input sizes came to on held-out rows.</summary>
/// <param name="Best">The side in pixels with the highest score; of equal ones the smallest.</param>
/// <param name="Scores">For each side in pixels, ascending, the mAP on the held-out real rows, 0 to 1. Real rows annotate seen labels, so unseen ones have no part in it.</param>
public sealed record InputSizeChoice(int Best, IReadOnlyList<(int Size, double Score)> Scores)
{
    /// <summary>Trains once a size.</summary>
    internal static InputSizeChoice Make(IHostEnvironment environment, IDataView data, FusionMultiLabelOptions options, IReadOnlyList<int> sizes)
    {
        if (options.ValidationFraction == 0)
        {
            throw new ArgumentException($"{nameof(options.ValidationFraction)} is 0; the input size is chosen by held-out rows, so give a share above 0, such as 0.2.", nameof(options));
        }

        if (sizes.Count == 0)
        {
            throw new ArgumentException("There are no sizes to choose from.", nameof(sizes));
        }

        List<FusionMultiLabelTrainer> trainers = [.. sizes.Distinct().Order().Select(size => new FusionMultiLabelTrainer(environment, options with { Network = options.Network with { InputSize = size }, Training = options.Training with { CheckpointPath = null } }))];

        // All sizes are looked at before the first training.
        trainers.ForEach(t => t.GetOutputSchema(Shapes.Of(data.Schema)));
        List<(int Size, double Score)> scores = [];
        foreach (var trainer in trainers)
        {
            using var model = trainer.Fit(data);
            scores.Add((model.InputSize, model.Training!.ValidationScores.Max()));
            environment.Info(nameof(FusionMultiLabelTrainer), string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Input size {scores[^1].Size}: validation mAP {100 * scores[^1].Score:f2}."));
        }

        return new(scores.MaxBy(s => s.Score).Size, scores);
    }
}
