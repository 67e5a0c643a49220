using ZsMlc.Torch.Runtime;

namespace ZsMlc.MLNet.Interop;

/// <summary>What users of a model that somebody disposed are told.</summary>
internal static class SharedModel
{
    /// <summary>How to keep a model that others use.</summary>
    public const string Advice =
        "A PredictionEngine disposes its model; to keep a model that others use, make the engine with new PredictionEngineOptions { OwnsTransformer = false }, and dispose the model when all have ended.";

    /// <summary>The guard of a model's calls.</summary>
    public static SharedLifetime Lifetime(string name, Action free)
    {
        SharedLifetime lifetime = new(name, free);
        lifetime.Describe(name, Advice);
        return lifetime;
    }
}
