using ZsMlc.Torch.Classification.Calibration;

namespace ZsMlc.Torch.Classification;

public sealed partial class FusionClassifier
{
    /// <summary>Gets or sets how scores are read as probabilities; <see langword="null"/> (default) as the network gives them. Saved with the classifier.</summary>
    /// <exception cref="ArgumentException">On setting: it is not that of as many labels, or a value is out of its range.</exception>
    public ScoreCalibration? Calibration
    {
        get;
        set
        {
            value?.Check(Labels.Count);
            field = value;
        }
    }

    /// <summary>Sets <see cref="Calibration"/> by rows that were not trained on. Ranks within a label stay as they are.</summary>
    /// <param name="heldOut">Real rows; labels that none of them annotates count as unseen.</param>
    /// <param name="options">What is expected, or <see langword="null"/> for the defaults.</param>
    /// <param name="batchSize">Rows that are scored at once, 1 or more.</param>
    /// <param name="cancellation">Ends it between two batches; the calibration is then as it was.</param>
    /// <returns>Whether the rows sufficed: with none that has a label or none that lacks one, the calibration stays as it was.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public bool Calibrate(ITrainingRows heldOut, CalibrationOptions? options = null, int batchSize = 32, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(heldOut);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        options ??= new();
        options.Validate();
        var scored = ScoredRows.Of(heldOut, Labels.Count, LogitDifferences, batchSize, cancellation);
        if (ScoreCalibrator.Fit(scored.Scores, scored.Targets, options) is not { } calibration)
        {
            return false;
        }

        Calibration = calibration;
        return true;
    }
}
