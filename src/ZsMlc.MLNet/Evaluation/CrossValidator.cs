using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.Evaluation;

/// <summary>Fits an estimator once a fold. The folds are of the real rows; synthetic rows help to train in every fold and are never measured on.</summary>
internal static class CrossValidator
{
    public static MultiLabelCrossValidation Run(MLContext context, IDataView data, IEstimator<ITransformer> estimator, int folds, string syntheticColumn, string? samplingKey, int? seed, Func<IDataView, MultiLabelMetrics> measure)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(estimator);
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        var flag = Columns.Flag(data.Schema, syntheticColumn, nameof(syntheticColumn));
        IDataView Rows(bool synthetic) => new BatchedDataView(data, new FlaggedRows(data.Schema, flag!.Value, synthetic), filters: true);

        List<MultiLabelFold> done = [];
        try
        {
            foreach (var split in context.Data.CrossValidationSplit(flag is null ? data : Rows(false), folds, samplingKey, seed))
            {
                var model = estimator.Fit(flag is null ? split.TrainSet : new AppendedDataView(split.TrainSet, Rows(true)));
                var scored = model.Transform(split.TestSet);
                done.Add(new(done.Count, model, scored, measure(scored)));
                context.Info(nameof(MultiLabelCrossValidation), done[^1].ToString());
            }
        }
        catch
        {
            new MultiLabelCrossValidation(done).Dispose();
            throw;
        }

        return new(done);
    }
}
