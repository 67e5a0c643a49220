namespace ZsMlc.MLNet.SyntheticData;

/// <summary>The part of the work that one process of several does.</summary>
/// <param name="Index">Which part, 0 to <paramref name="Count"/> - 1.</param>
/// <param name="Count">How many parts there are, 1 or more.</param>
public readonly record struct Shard(int Index, int Count)
{
    /// <summary>Gets the whole work as one part.</summary>
    public static Shard Whole => new(0, 1);

    /// <summary>Reads the part from what the scheduler that started the process tells it.</summary>
    /// <remarks>
    /// Understood are <c>ZSMLC_SHARD_INDEX</c> with <c>ZSMLC_SHARD_COUNT</c>, which win over the others; Slurm job arrays (where
    /// <c>ZSMLC_SHARD_COUNT</c> is set, the task's number is the part, so that <c>--array=3</c> repeats part 3 of an earlier array); Kubernetes
    /// indexed jobs (<c>JOB_COMPLETION_INDEX</c>, with <c>ZSMLC_SHARD_COUNT</c> set to the job's completions); AWS Batch array jobs;
    /// and the ranks that srun, Open MPI and PMI launchers (MPICH, Intel MPI) give. Ranks within an array or job divide its parts further.
    /// </remarks>
    /// <returns>The part; the whole work when nothing is told.</returns>
    /// <exception cref="InvalidOperationException">A variable is no number, or an index comes without its count.</exception>
    public static Shard FromEnvironment() => ShardVariables.Read(Environment.GetEnvironmentVariable);

    /// <summary>Whether a piece of the work is this part's: pieces are dealt out in turn.</summary>
    /// <param name="piece">Number of the piece, from 0.</param>
    public bool Takes(int piece) => piece % Count == Index;

    /// <summary>Throws when the index is not below the count.</summary>
    internal void Validate()
    {
        if (Count < 1 || Index < 0 || Index >= Count)
        {
            throw new ArgumentOutOfRangeException(nameof(Shard), this, $"A shard is an index from 0 to below its count; found {Index} of {Count}.");
        }
    }
}
