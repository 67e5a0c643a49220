using k8s;
using k8s.Models;
using ZsMlc.Samples.ZeroShotCoco;

namespace ZsMlc.Samples.Tests.ZeroShotCoco.Cluster;

/// <summary>The shipped Job, read strictly by the types that Kubernetes' published API description gives.</summary>
[TestClass]
public sealed class KubernetesJobTests
{
    private static string Yaml => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "cluster", "generate.yaml"));

    private static V1Job Job => KubernetesYaml.Deserialize<V1Job>(Yaml, strict: true);

    [TestMethod]
    public void Job_ReadStrictly_IsAnIndexedJobWithACountForItsShards()
    {
        var job = Job;

        Assert.AreEqual((V1Job.KubeGroup + "/" + V1Job.KubeApiVersion, V1Job.KubeKind), (job.ApiVersion, job.Kind));
        Assert.AreEqual("Indexed", job.Spec.CompletionMode);
        Assert.AreEqual($"{job.Spec.Completions}", Container(job).Env.Single(variable => variable.Name == "ZSMLC_SHARD_COUNT").Value);
        var volumes = job.Spec.Template.Spec.Volumes.Select(volume => volume.Name).ToList();
        Assert.IsTrue(Container(job).VolumeMounts.All(mount => volumes.Contains(mount.Name)));
    }

    [TestMethod]
    public void Job_Misspelled_IsNotReadStrictly() =>
        Assert.Throws<YamlDotNet.Core.YamlException>(() => KubernetesYaml.Deserialize<V1Job>(Yaml.Replace("podFailurePolicy", "podFailurePolicies"), strict: true));

    [TestMethod]
    public void Job_Failures_EvictionsDoNotCountAndWrongUseEndsTheJob()
    {
        var job = Job;
        var (ignored, fatal) = (job.Spec.PodFailurePolicy.Rules[0], job.Spec.PodFailurePolicy.Rules[1]);

        Assert.AreEqual("Never", job.Spec.Template.Spec.RestartPolicy, "a failure policy needs it");
        Assert.AreEqual("Ignore", ignored.Action);
        Assert.AreEqual(("DisruptionTarget", "True"), (ignored.OnPodConditions.Single().Type, ignored.OnPodConditions.Single().Status));
        Assert.AreEqual("FailJob", fatal.Action);
        Assert.AreEqual((Container(job).Name, "In"), (fatal.OnExitCodes.ContainerName, fatal.OnExitCodes.OperatorProperty));
        Assert.AreSequenceEqual([2], fatal.OnExitCodes.Values);
        Assert.IsGreaterThan(0, job.Spec.BackoffLimitPerIndex!.Value);
        Assert.IsNull(job.Spec.MaxFailedIndexes, "one failed shard must not end the others");
    }

    [TestMethod]
    public async Task Job_Arguments_AreThoseOfGenerate()
    {
        var (code, output) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, [Container(Job).Command[^1], .. Container(Job).Args, "--fallback-to-cpu"]);

        Assert.AreEqual(2, code);
        Assert.Contains("Run `split` first", output);
    }

    private static V1Container Container(V1Job job) => job.Spec.Template.Spec.Containers.Single();
}
