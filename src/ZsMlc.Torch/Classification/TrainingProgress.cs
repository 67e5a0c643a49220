namespace ZsMlc.Torch.Classification;

/// <summary>Where a training run stands.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Epochs">Number of epochs.</param>
/// <param name="Step">The step within the epoch, from 1.</param>
/// <param name="Steps">Steps of an epoch.</param>
/// <param name="Loss">Mean loss a row since the epoch began, before <see cref="FusionTrainingOptions.LossScale"/>.</param>
/// <param name="LearningRate">Learning rate of the contexts.</param>
/// <param name="ValidationScore">Mean average precision on the validation rows at the end of an epoch, else null.</param>
/// <param name="SkippedSteps">Steps left out so far because a loss or gradient was not finite.</param>
public readonly record struct TrainingProgress(int Epoch, int Epochs, int Step, int Steps, double Loss, double LearningRate, double? ValidationScore, int SkippedSteps);

/// <summary>What a training run came to.</summary>
/// <param name="EpochLosses">Mean loss a row of every epoch.</param>
/// <param name="ValidationScores">Mean average precision after every epoch; empty without validation rows.</param>
/// <param name="BestEpoch">The epoch (from 1) whose weights the classifier has: the best on the validation rows, else the last.</param>
/// <param name="SkippedSteps">Steps left out because a loss or gradient was not finite.</param>
/// <param name="WasCancelled">Whether the run was cancelled and returned its best model.</param>
public sealed record FusionTrainingResult(IReadOnlyList<double> EpochLosses, IReadOnlyList<double> ValidationScores, int BestEpoch, int SkippedSteps, bool WasCancelled)
{
    /// <summary>Returns the number of epochs, the way of the loss and the best epoch in one line.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{EpochLosses.Count} epochs, loss {EpochLosses.FirstOrDefault(double.NaN):g4} to {EpochLosses.LastOrDefault(double.NaN):g4}, best epoch {BestEpoch}{(ValidationScores.Count > 0 ? $" (validation mAP {100 * ValidationScores.Max():f2})" : "")}{(SkippedSteps > 0 ? $", {SkippedSteps} steps left out" : "")}{(WasCancelled ? ", cancelled" : "")}");
}
