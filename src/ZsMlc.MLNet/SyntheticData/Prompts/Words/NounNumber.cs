namespace ZsMlc.MLNet.SyntheticData.Prompts.Words;

/// <summary>How a noun is counted, which decides its article and its verb.</summary>
internal enum NounNumber
{
    /// <summary>"a cup".</summary>
    Singular,

    /// <summary>"some birds".</summary>
    Plural,

    /// <summary>"a pair of scissors".</summary>
    Pair,

    /// <summary>"some snow".</summary>
    Mass,
}
