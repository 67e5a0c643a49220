using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification.Calibration;

/// <summary>How a classifier's scores are to be read: as probabilities, and from where on as predictions.</summary>
/// <param name="Labels">One for each label, in the order of the scores.</param>
/// <param name="Others">That of labels which are asked for later, by their names alone.</param>
public sealed record ScoreCalibration(IReadOnlyList<LabelCalibration> Labels, LabelCalibration Others)
{
    /// <summary>The probabilities σ(a·z + b).</summary>
    /// <param name="differences">Logit differences [B, C].</param>
    /// <returns>Float32 [B, C] on the same device.</returns>
    internal Tensor Probabilities(Tensor differences)
    {
        using var scope = NewDisposeScope();
        Tensor Row(Func<LabelCalibration, double> value) => tensor([.. Labels.Select(l => (float)value(l))], device: differences.device);
        return sigmoid(differences.to(ScalarType.Float32) * Row(l => l.Scale) + Row(l => l.Offset)).MoveToOuterDisposeScope();
    }

    /// <summary>The calibration of other labels: those that were there keep theirs.</summary>
    internal ScoreCalibration For(IReadOnlyList<string> old, IReadOnlyList<string> labels)
    {
        var known = old.Zip(Labels).ToDictionary(p => p.First, p => p.Second);
        return this with { Labels = [.. labels.Select(l => known.GetValueOrDefault(l, Others))] };
    }

    /// <exception cref="ArgumentException">It is not that of so many labels, or a value is out of its range.</exception>
    internal void Check(int labels)
    {
        if (Labels.Count != labels)
        {
            throw new ArgumentException($"{Labels.Count} labels are calibrated; expected {labels}.");
        }

        foreach (var label in Labels.Append(Others))
        {
            (label ?? throw new ArgumentException("A label's calibration is null.")).Check();
        }
    }
}
