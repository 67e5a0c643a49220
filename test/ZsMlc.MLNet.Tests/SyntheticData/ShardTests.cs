namespace ZsMlc.MLNet.SyntheticData;

[TestClass]
public sealed class ShardTests
{
    [TestMethod]
    [DataRow("", 0, 1, DisplayName = "nothing set")]
    [DataRow("ZSMLC_SHARD_INDEX=2 ZSMLC_SHARD_COUNT=5", 2, 5, DisplayName = "own variables")]
    [DataRow("ZSMLC_SHARD_INDEX=2 ZSMLC_SHARD_COUNT=5 SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_COUNT=9", 2, 5, DisplayName = "own variables win")]
    [DataRow("SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=4", 2, 4, DisplayName = "Slurm array from 1")]
    [DataRow("SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=9 SLURM_ARRAY_TASK_STEP=3", 3, 4, DisplayName = "Slurm array with steps")]
    [DataRow("SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_MAX=3 ZSMLC_SHARD_COUNT=6", 3, 6, DisplayName = "one task of an earlier Slurm array")]
    [DataRow("SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_MAX=7 ZSMLC_SHARD_COUNT=16", 7, 16, DisplayName = "two tasks of an earlier Slurm array")]
    [DataRow("JOB_COMPLETION_INDEX=1 ZSMLC_SHARD_COUNT=8", 1, 8, DisplayName = "Kubernetes indexed job")]
    [DataRow("AWS_BATCH_JOB_ARRAY_INDEX=6 AWS_BATCH_JOB_ARRAY_SIZE=7", 6, 7, DisplayName = "AWS Batch array")]
    [DataRow("AWS_BATCH_JOB_ARRAY_INDEX=6 ZSMLC_SHARD_COUNT=7", 6, 7, DisplayName = "AWS Batch array, count given")]
    [DataRow("OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2", 1, 2, DisplayName = "Open MPI")]
    [DataRow("PMI_RANK=3 PMI_SIZE=4", 3, 4, DisplayName = "MPICH")]
    [DataRow("SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 PMI_RANK=1 PMI_SIZE=2", 1, 2, DisplayName = "srun that also speaks PMI")]
    [DataRow("SLURM_PROCID=0 SLURM_NTASKS=4", 0, 1, DisplayName = "Slurm batch script, one process")]
    [DataRow("SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=1 SLURM_PROCID=2 SLURM_STEP_NUM_TASKS=3", 5, 6, DisplayName = "srun within an array")]
    public void Read_Scheduler_GivesItsPart(string environment, int index, int count) =>
        Assert.AreEqual(new Shard(index, count), ShardVariables.Read(Variables(environment)));

    [TestMethod]
    [DataRow("JOB_COMPLETION_INDEX=1", "ZSMLC_SHARD_COUNT", DisplayName = "Kubernetes without the count")]
    [DataRow("ZSMLC_SHARD_INDEX=1", "ZSMLC_SHARD_COUNT", DisplayName = "own index without the count")]
    [DataRow("ZSMLC_SHARD_INDEX=5 ZSMLC_SHARD_COUNT=5", "expected 0 to 4", DisplayName = "index too large")]
    [DataRow("ZSMLC_SHARD_INDEX=x ZSMLC_SHARD_COUNT=5", "'x'", DisplayName = "no number")]
    [DataRow("ZSMLC_SHARD_INDEX=-1 ZSMLC_SHARD_COUNT=5", "'-1'", DisplayName = "negative")]
    [DataRow("SLURM_ARRAY_TASK_ID=6 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=6 SLURM_ARRAY_TASK_MAX=6 ZSMLC_SHARD_COUNT=6", "expected 0 to 5", DisplayName = "no task of the earlier Slurm array")]
    [DataRow("SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=7", "gaps", DisplayName = "Slurm array with gaps")]
    public void Read_UnclearPart_SaysWhatToSet(string environment, string expected)
    {
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => ShardVariables.Read(Variables(environment)));

        StringAssert.Contains(e.Message, expected);
    }

    [TestMethod]
    public void FromEnvironment_VariablesOfThisProcess_AreRead()
    {
        try
        {
            Environment.SetEnvironmentVariable("ZSMLC_SHARD_INDEX", "1");
            Environment.SetEnvironmentVariable("ZSMLC_SHARD_COUNT", "3");

            Assert.AreEqual(new Shard(1, 3), Shard.FromEnvironment());
        }
        finally
        {
            Environment.SetEnvironmentVariable("ZSMLC_SHARD_INDEX", null);
            Environment.SetEnvironmentVariable("ZSMLC_SHARD_COUNT", null);
        }
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(-1, 2)]
    [DataRow(0, 0)]
    public void Validate_IndexNotBelowCount_Throws(int index, int count) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(new Shard(index, count).Validate);

    private static Func<string, string?> Variables(string environment) =>
        environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=')).ToDictionary(v => v[0], v => v[1]).GetValueOrDefault;
}
