namespace ZsMlc.MLNet.SyntheticData;

/// <summary>What a generation run is doing.</summary>
public enum GenerationPhase
{
    /// <summary>Asking the prompt source; counted in label sets.</summary>
    Prompts,

    /// <summary>Tuning the text encoder; counted in iterations.</summary>
    Tuning,

    /// <summary>Generating images; counted in slots of the plan.</summary>
    Images,
}

/// <summary>Where a generation run stands.</summary>
/// <param name="Phase">What the counts are about.</param>
/// <param name="Completed">How much of this shard's work is done, earlier runs included.</param>
/// <param name="Total">How much work this shard has.</param>
/// <param name="Generated">Images that this run has generated, rejected and abandoned ones included.</param>
/// <param name="Accepted">How many of them were accepted.</param>
public readonly record struct GenerationProgress(GenerationPhase Phase, int Completed, int Total, int Generated, int Accepted);
