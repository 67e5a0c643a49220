namespace ZsMlc.Torch.Classification.Calibration;

/// <summary>How the scores of a label are to be read.</summary>
/// <param name="Scale">Factor a of the logit difference z = z⁺ − z⁻ in the probability σ(a·z + b), above 0: ranks stay as they are.</param>
/// <param name="Offset">Addend b.</param>
/// <param name="Threshold">Probability from which on the label is predicted, 0 to 1.</param>
public sealed record LabelCalibration(double Scale, double Offset, double Threshold)
{
    /// <summary>The probability of a logit difference.</summary>
    internal double Probability(double difference) => PlattScaling.Sigmoid(Scale * difference + Offset);

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal void Check()
    {
        if (!(Scale > 0 && float.IsFinite((float)Scale) && float.IsFinite((float)Offset) && Threshold is >= 0 and <= 1))
        {
            throw new ArgumentException($"A label is calibrated by scale {Scale}, offset {Offset} and threshold {Threshold}; expected a scale above 0, a finite offset and a threshold from 0 to 1.");
        }
    }
}
