using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.Samples.ZeroShotCoco.Commands;

namespace ZsMlc.Samples.ZeroShotCoco;

/// <summary>The sizes of a run, for generation, training and the estimate of the doctor.</summary>
internal sealed record Recipe
{
    /// <summary>The published set-up: 200 pictures a label, 50 Euler steps at guidance 7.5.</summary>
    public static Recipe Published { get; } = new()
    {
        ImagesPerLabel = 200, Steps = 50, Guidance = 7.5, Epochs = 50, BatchSize = 32, Training = FusionMultiLabelOptions.Published,
    };

    /// <summary>Fewer steps and less guidance, which train classifiers as well at a third of the cost.</summary>
    public static Recipe Default { get; } = new()
    {
        ImagesPerLabel = 200, Steps = 20, Guidance = 2.5, Epochs = 20, BatchSize = 32, Training = (labels, clip) => new() { Labels = labels, Clip = clip, Epochs = 20 },
    };

    public required int ImagesPerLabel { get; init; }

    public required int Steps { get; init; }

    public required double Guidance { get; init; }

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    /// <summary>The trainer's options for labels and the path of a CLIP model.</summary>
    public required Func<LabelSet, string, FusionMultiLabelOptions> Training { get; init; }

    public static Recipe Of(Preset preset) => preset == Preset.Published ? Published : Default;
}
