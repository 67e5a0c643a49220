using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace ZsMlc.Samples.Tests.ZeroShotCoco.Cluster;

/// <summary>
/// A real Slurm on this machine: its controller, one node that believes in two GPUs, and their authentication, with
/// configuration, keys and state in a folder of their own.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class SlurmCluster : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);
    private readonly TemporaryFolder _folder = new();
    private readonly List<Process> _daemons = [];

    private SlurmCluster()
    {
    }

    /// <summary>Starts a cluster, or ends the test as inconclusive, by name, where Slurm is not installed.</summary>
    public static SlurmCluster Start()
    {
        if (!new[] { "slurmctld", "slurmd", "munged" }.All(name => File.Exists($"/usr/sbin/{name}")) || Environment.UserName != "root")
        {
            Assert.Inconclusive("Needs Slurm (Debian packages slurm-wlm and munge), which is not installed, or the rights of root.");
        }

        var cluster = new SlurmCluster();
        try
        {
            cluster.Configure();
            cluster.StartDaemon("munged", ["-F", .. cluster.Places("socket", "key-file", "pid-file", "log-file", "seed-file")]);
            cluster.WaitFor(() => File.Exists(cluster._folder["munge.socket"]), "munged");
            cluster.StartDaemon("slurmctld", "-D");
            cluster.StartDaemon("slurmd", "-D");
            cluster.WaitFor(() => cluster.Run("sinfo", "--noheader", "--format=%T").Output.Trim() == "idle", "the node");
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>Submits a script from a folder, with further environment variables.</summary>
    /// <returns>The job's number.</returns>
    public string Submit(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var (code, output) = Run("sbatch", ["--parsable", .. arguments], folder, environment);
        Assert.AreEqual(0, code, output);
        return output.Trim();
    }

    /// <summary>Runs one of Slurm's commands.</summary>
    public (int Code, string Output) Run(string program, params string[] arguments) => Run(program, arguments, _folder.Path, new Dictionary<string, string>());

    /// <summary>The field of a job or a task, such as JobState.</summary>
    public string Field(string job, string name) =>
        Run("scontrol", "--oneliner", "show", "job", job).Output.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(word => word.StartsWith($"{name}=", StringComparison.Ordinal))?[(name.Length + 1)..] ?? "";

    /// <summary>Waits until no job is left that runs or waits.</summary>
    public void WaitForAll() => WaitFor(() => Run("squeue", "--noheader") is (0, { Length: 0 }), "the jobs");

    /// <summary>Waits until something is so.</summary>
    public void WaitFor(Func<bool> condition, string what)
    {
        for (var clock = Stopwatch.StartNew(); !condition(); Thread.Sleep(200))
        {
            Assert.IsLessThan(s_patience, clock.Elapsed, $"Waited in vain for {what}. {Log("slurmctld")} {Log("slurmd")} {Log("munge.log-file")}");
        }
    }

    /// <summary>Ends all jobs, then the daemons, and removes the folder.</summary>
    public void Dispose()
    {
        try
        {
            if (_daemons.Count == 3)
            {
                Run("scancel", "--user=root", "--signal=KILL", "--full");
                Run("scancel", "--user=root");
                WaitFor(() => Run("squeue", "--noheader") is not (0, { Length: > 0 }), "the jobs to end"); // nor when the controller is gone
            }
        }
        finally
        {
            foreach (var daemon in Enumerable.Reverse(_daemons))
            {
                daemon.Kill(entireProcessTree: true);
                daemon.WaitForExit();
                daemon.Dispose();
            }

            _folder.Dispose();
        }
    }

    private void Configure()
    {
        // munged wants its socket where everybody may reach it, and its key where nobody else may read it.
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)Convert.ToInt32("711", 8));
        File.WriteAllBytes(_folder["munge.key-file"], RandomNumberGenerator.GetBytes(64));
        File.SetUnixFileMode(_folder["munge.key-file"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.CreateDirectory(_folder["state"]);
        Directory.CreateDirectory(_folder["spool"]);
        var host = Environment.MachineName.Split('.')[0];
        File.WriteAllText(_folder["gres.conf"], "Name=gpu File=/dev/null,/dev/zero\n");
        File.WriteAllText(_folder["slurm.conf"], $"""
            ClusterName=test
            SlurmctldHost={host}(127.0.0.1)
            SlurmctldPort={FreePort()}
            SlurmdPort={FreePort()}
            SlurmUser=root
            SlurmdUser=root
            AuthType=auth/munge
            # What expires here is also how long a requeued job waits.
            AuthInfo=socket={_folder["munge.socket"]},cred_expire=5
            StateSaveLocation={_folder["state"]}
            SlurmdSpoolDir={_folder["spool"]}
            SlurmctldPidFile={_folder["slurmctld.pid"]}
            SlurmdPidFile={_folder["slurmd.pid"]}
            SlurmctldLogFile={_folder["slurmctld.log"]}
            SlurmdLogFile={_folder["slurmd.log"]}
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_CPU_Memory
            SchedulerParameters=sched_interval=2,bf_interval=2
            SlurmdParameters=config_overrides
            MpiDefault=none
            GresTypes=gpu
            NodeName={host} NodeAddr=127.0.0.1 CPUs=32 RealMemory=200000 Gres=gpu:2
            PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE

            """);
    }

    private string[] Places(params string[] options) => [.. options.Select(name => $"--{name}={_folder[$"munge.{name}"]}")];

    private void StartDaemon(string name, params string[] arguments)
    {
        var daemon = Process.Start(Command($"/usr/sbin/{name}", arguments, _folder.Path))!;
        _daemons.Add(daemon);

        // They write log files; what else they say is read so that they never wait for a reader.
        daemon.BeginOutputReadLine();
        daemon.BeginErrorReadLine();
    }

    private (int Code, string Output) Run(string program, string[] arguments, string folder, IReadOnlyDictionary<string, string> environment)
    {
        var start = Command(program, arguments, folder);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }

    private ProcessStartInfo Command(string program, string[] arguments, string folder)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SLURM_CONF"] = _folder["slurm.conf"];
        return start;
    }

    private string Log(string name)
    {
        var path = File.Exists(_folder[$"{name}.log"]) ? _folder[$"{name}.log"] : _folder[name];
        return File.Exists(path) ? $"{name}: {string.Join(" | ", File.ReadLines(path).TakeLast(5))}" : $"{name} has no log.";
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
