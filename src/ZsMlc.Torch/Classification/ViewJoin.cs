namespace ZsMlc.Torch.Classification;

/// <summary>How the logit differences z of a label in several views become one.</summary>
public enum ViewJoin
{
    /// <summary>The largest: one view that shows the label is enough.</summary>
    Max,

    /// <summary>log(mean(exp z)): between the largest and the mean.</summary>
    LogSumExp,

    /// <summary>The mean.</summary>
    Mean,
}
