using Microsoft.ML;

namespace ZsMlc.MLNet.Evaluation;

/// <summary>One fold of a cross-validation.</summary>
/// <param name="Fold">Its number, from 0.</param>
/// <param name="Model">The model that was fitted without the fold's rows.</param>
/// <param name="ScoredHoldOutSet">The fold's rows as the model scores them, lazily.</param>
/// <param name="Metrics">The measures on these rows.</param>
public sealed record MultiLabelFold(int Fold, ITransformer Model, IDataView ScoredHoldOutSet, MultiLabelMetrics Metrics)
{
    /// <summary>Returns the measures in one line.</summary>
    public override string ToString() => $"Fold {Fold}: {Metrics}";
}

/// <summary>What a cross-validation came to. Dispose it to free the models of the folds.</summary>
public sealed class MultiLabelCrossValidation : IDisposable
{
    internal MultiLabelCrossValidation(IReadOnlyList<MultiLabelFold> folds) => Folds = folds;

    /// <summary>Gets the folds, with their models and measures.</summary>
    public IReadOnlyList<MultiLabelFold> Folds { get; }

    /// <summary>Gets the mean average precision over the folds.</summary>
    public MeanAndDeviation MeanAveragePrecision => Over(m => m.MeanAveragePrecision);

    /// <summary>Gets the precision of the K highest labels over the folds.</summary>
    public MeanAndDeviation PrecisionAtTopK => Over(m => m.AtTopK.Precision);

    /// <summary>Gets the recall of the K highest labels over the folds.</summary>
    public MeanAndDeviation RecallAtTopK => Over(m => m.AtTopK.Recall);

    /// <summary>Gets the F1 of the K highest labels over the folds.</summary>
    public MeanAndDeviation F1AtTopK => Over(m => m.AtTopK.F1);

    /// <summary>Gets the F1 at the thresholds, counted over all rows and labels of a fold, over the folds.</summary>
    public MeanAndDeviation MicroF1 => Over(m => m.MicroF1);

    /// <summary>Gets the mean of the labels' F1 at the threshold over the folds.</summary>
    public MeanAndDeviation MacroF1 => Over(m => m.MacroF1);

    /// <summary>Gets the expected calibration error over the folds.</summary>
    public MeanAndDeviation ExpectedCalibrationError => Over(m => m.ExpectedCalibrationError);

    /// <summary>Frees the models of the folds.</summary>
    public void Dispose()
    {
        foreach (var fold in Folds)
        {
            (fold.Model as IDisposable)?.Dispose();
        }
    }

    /// <summary>Returns the main measures in one line, in percent.</summary>
    public override string ToString()
    {
        var k = Folds.Count > 0 ? Folds[0].Metrics.TopK : 0;
        return $"{Folds.Count} folds: mAP {MeanAveragePrecision}, P@{k} {PrecisionAtTopK}, R@{k} {RecallAtTopK}, F1@{k} {F1AtTopK}";
    }

    private MeanAndDeviation Over(Func<MultiLabelMetrics, double> measure) => MeanAndDeviation.Of(Folds.Select(f => measure(f.Metrics)));
}
