using System.Globalization;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>The environment variables of schedulers.</summary>
internal static class ShardVariables
{
    private const string OwnIndex = "ZSMLC_SHARD_INDEX", OwnCount = "ZSMLC_SHARD_COUNT";

    // Slurm tells SLURM_PROCID to a batch script too, which is one process: only srun tells the tasks of a step.
    private static readonly (string Index, string Count)[] s_ranks =
    [
        ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
        ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
        ("PMI_RANK", "PMI_SIZE"),
    ];

    /// <summary>Reads the shard.</summary>
    /// <param name="variable">Gives a variable's value, or <see langword="null"/>.</param>
    public static Shard Read(Func<string, string?> variable)
    {
        if (Number(variable, OwnIndex) is { } own)
        {
            return Checked(own, Number(variable, OwnCount), OwnIndex, OwnCount);
        }

        var array = Array(variable);
        var rank = Shard.Whole;
        foreach (var (index, count) in s_ranks)
        {
            if (Number(variable, index) is { } i && Number(variable, count) is { } n)
            {
                rank = Checked(i, n, index, count);
                break;
            }
        }

        return new Shard(array.Index * rank.Count + rank.Index, array.Count * rank.Count);
    }

    private static Shard Array(Func<string, string?> variable)
    {
        if (Number(variable, "SLURM_ARRAY_TASK_ID") is { } task)
        {
            return SlurmArray(variable, task);
        }

        foreach (var (index, count) in new[] { ("JOB_COMPLETION_INDEX", OwnCount), ("AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE") })
        {
            if (Number(variable, index) is { } i)
            {
                return Checked(i, Number(variable, count) ?? Number(variable, OwnCount), index, count);
            }
        }

        return Shard.Whole;
    }

    private static Shard SlurmArray(Func<string, string?> variable, int task)
    {
        // A later array of some of the tasks: each keeps its part.
        if (Number(variable, OwnCount) is { } parts)
        {
            return Checked(task, parts, "SLURM_ARRAY_TASK_ID", OwnCount);
        }

        const string count = "SLURM_ARRAY_TASK_COUNT";
        var first = Number(variable, "SLURM_ARRAY_TASK_MIN") ?? 0;
        var last = Number(variable, "SLURM_ARRAY_TASK_MAX");
        var step = Math.Max(1, Number(variable, "SLURM_ARRAY_TASK_STEP") ?? 1);
        var tasks = Number(variable, count);
        if (tasks is { } n && last is { } end && (end - first) / step + 1 != n)
        {
            throw new InvalidOperationException($"The Slurm array of {n} tasks from {first} to {end} has gaps, so that the part of task {task} cannot be told: set {OwnCount} to the number of tasks of the whole array, or number the tasks without gaps.");
        }

        return Checked((task - first) / step, tasks, "SLURM_ARRAY_TASK_ID", count);
    }

    private static Shard Checked(int index, int? count, string indexName, string countName) => count switch
    {
        null => throw new InvalidOperationException($"{indexName} is set and says that this process is one of several; set {countName} to their number."),
        { } n when index >= 0 && index < n => new Shard(index, n),
        { } n => throw new InvalidOperationException($"The part {index} of {n}, from {indexName} and {countName}, is none: expected 0 to {n - 1}."),
    };

    private static int? Number(Func<string, string?> variable, string name) => variable(name) is not { Length: > 0 } text
        ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidOperationException($"{name} is '{text}'; expected a whole number, 0 or more.");
}
