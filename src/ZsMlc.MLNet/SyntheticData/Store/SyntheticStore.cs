using ZsMlc.MLNet.SyntheticData.Plan;

namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>A folder of generated images, the records of how they came about, and their prompts.</summary>
internal sealed class SyntheticStore : IDisposable
{
    private SyntheticStore(string path, IReadOnlyList<string> candidates) => (Path, Candidates) = (path, candidates);

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    /// <summary>The labels that <see cref="SlotOutcome.Scores"/> are about, in order; empty without a filter.</summary>
    public IReadOnlyList<string> Candidates { get; }

    /// <summary>Opens a store, or makes it. Several processes may have it open.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="identity">What its images depend on.</param>
    /// <param name="candidates">The labels that scores are about, in order; empty without a filter.</param>
    /// <exception cref="StoreMismatchException">The folder holds images of another identity, or files that are no store.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static SyntheticStore Open(string path, StoreIdentity identity, IReadOnlyList<string> candidates)
    {
        Directory.CreateDirectory(path);
        return new SyntheticStore(System.IO.Path.GetFullPath(path), candidates);
    }

    /// <summary>All attempts recorded for the plan's slots, in order; read lazily.</summary>
    public IEnumerable<SyntheticSample> Samples(GenerationPlan plan) => [];

    /// <summary>Counts the records of the plan's slots.</summary>
    public SyntheticDataStatistics Statistics(GenerationPlan plan, int promptsFromTemplates) => new() { Asked = plan.Count };

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
