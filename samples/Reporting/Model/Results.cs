namespace ZsMlc.Samples.Reporting;

/// <summary>Ranking quality in percent.</summary>
public sealed record RankingScores(double MeanAveragePrecision, double Precision, double Recall, double F1);

/// <summary>A method's row in the table: scored on the unseen labels only, and on all labels together.</summary>
public sealed record MethodResult(string Name, string Detail, RankingScores ZeroShot, RankingScores Generalized);

/// <summary>A label's average precision in percent under each method of the report; NaN where it has no positive.</summary>
public sealed record LabelPrecision(string Label, IReadOnlyList<double> ByMethod);

/// <summary>How many pictures made for a label passed the judge.</summary>
public sealed record LabelAcceptance(string Label, int Accepted, int Generated)
{
    public double Rate => Generated == 0 ? 0 : (double)Accepted / Generated;
}
