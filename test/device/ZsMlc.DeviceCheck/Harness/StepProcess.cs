using System.Diagnostics;
using System.Text.Json;

namespace ZsMlc.DeviceCheck.Harness;

/// <summary>Runs a step as a process and collects what it found.</summary>
internal static class StepProcess
{
    private const int LastLines = 6;

    /// <summary>Runs a step in a child of this program.</summary>
    /// <param name="step">The step.</param>
    /// <param name="arguments">Arguments of the child.</param>
    /// <param name="limit">Time after which the child is ended.</param>
    /// <param name="log">Where its output goes.</param>
    public static StepResult Run(ICheckStep step, IEnumerable<string> arguments, TimeSpan limit, TextWriter log)
    {
        var file = Path.GetTempFileName();
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. SelfArguments(), "step", step.Number, .. arguments, "--findings", file]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in step.Environment)
        {
            start.Environment[name] = value;
        }

        List<string> output = [];
        void Keep(string? line)
        {
            if (line is not null)
            {
                lock (output)
                {
                    output.Add(line);
                    log.WriteLine($"[{step.Number}] {line}");
                }
            }
        }

        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var ended = process.WaitForExit(limit);
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
        }

        process.WaitForExit();
        var findings = File.ReadAllLines(file).Select(l => JsonSerializer.Deserialize<Finding>(l, s_json)!).ToList();
        File.Delete(file);
        if (!ended || process.ExitCode != 0)
        {
            var end = ended ? $"the process ended with code {process.ExitCode}" : $"ended after {limit.TotalSeconds:0} s";
            findings.Add(Finding.Failure("process", $"{end}: {string.Join(" / ", output.TakeLast(LastLines))}"));
        }

        return new(step.Number, step.Title, clock.Elapsed.TotalSeconds, findings);
    }

    /// <summary>The child's side: runs a step and writes each finding as it comes.</summary>
    public static int RunHere(ICheckStep step, CheckOptions options, string file)
    {
        using var writer = new StreamWriter(file) { AutoFlush = true };
        void Write(Finding finding)
        {
            Console.WriteLine(DeviceReport.Line(finding));
            writer.WriteLine(JsonSerializer.Serialize(finding, s_json));
        }

        try
        {
            foreach (var finding in step.Run(options))
            {
                Write(finding);
            }
        }
        catch (Exception error)
        {
            // The check tells what went wrong, whatever it is.
            Console.Error.WriteLine(error);
            Write(Finding.Failure("exception", $"{error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}"));
        }

        return 0;
    }

    // Started by "dotnet check.dll" the program is dotnet; published it is itself.
    private static IEnumerable<string> SelfArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(StepProcess).Assembly.Location] : [];

    private static readonly JsonSerializerOptions s_json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
}

/// <summary>What a step came to.</summary>
/// <param name="Number">The step's number.</param>
/// <param name="Title">What it does.</param>
/// <param name="Seconds">How long it took, start of the process included.</param>
/// <param name="Findings">What it found.</param>
internal sealed record StepResult(string Number, string Title, double Seconds, IReadOnlyList<Finding> Findings);
