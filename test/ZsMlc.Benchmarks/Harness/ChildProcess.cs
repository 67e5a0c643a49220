using System.Diagnostics;

namespace ZsMlc.Benchmarks.Harness;

/// <summary>A program that runs on its own, with its output and the memory it took: nothing of earlier benchmarks is in its way.</summary>
/// <param name="Lines">What it printed, line by line.</param>
/// <param name="SecondsToFirstLine">From the start of the process to its first line.</param>
/// <param name="PeakMegabytes">Highest resident set; NaN where the system does not tell.</param>
internal sealed record ChildProcess(IReadOnlyList<string> Lines, double SecondsToFirstLine, double PeakMegabytes)
{
    /// <summary>Runs this program with other arguments.</summary>
    public static ChildProcess Self(BenchmarkOptions options, params IEnumerable<string> arguments) => Of(typeof(ChildProcess).Assembly.Location, options, arguments);

    /// <summary>Runs a build of this program with other arguments.</summary>
    /// <param name="build">The build's <c>ZsMlc.Benchmarks.dll</c>.</param>
    /// <param name="options">What the command line chose; handed on.</param>
    /// <param name="arguments">Name and arguments of a <c>child</c>.</param>
    /// <param name="environment">Environment variables to set, or with null to unset.</param>
    public static ChildProcess Of(string build, BenchmarkOptions options, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        List<string> all = ["child", .. arguments, "--runs", $"{options.Runs}", "--threads", $"{options.Threads}", "--batch", $"{options.Batch}"];
        if (options.Smoke)
        {
            all.Add("--smoke");
        }

        if (Clock.CountsProcessorTime)
        {
            all.Add("--cpu-time");
        }

        if (options.Device.type == TorchSharp.DeviceType.CUDA)
        {
            all.AddRange(["--gpu", $"{options.Device.index}"]);
        }

        return Run("dotnet", [build, .. all], options.Threads, environment);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="threads">Threads that its numerical libraries are to use.</param>
    /// <param name="environment">Environment variables to set, or with null to unset.</param>
    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public static ChildProcess Run(string program, IEnumerable<string> arguments, int threads, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = $"{threads}";
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var peak = double.NaN;

        // Seldom, since the kernel keeps the highest: a hundred looks a second took a tenth of what a program got beside busy ones.
        using var watch = new Timer(_ => peak = ProcessMemory.Peak(process.Id, peak), null, 0, 250);
        List<string> lines = [];
        double? first = null;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            first ??= Stopwatch.GetElapsedTime(began).TotalSeconds;
            peak = ProcessMemory.Peak(process.Id, peak);
            lines.Add(line);
        }

        process.WaitForExit();
        return process.ExitCode == 0 ? new(lines, first ?? double.NaN, peak)
            : throw new InvalidOperationException($"{program} {string.Join(' ', start.ArgumentList)} ended with code {process.ExitCode}.");
    }
}
