using System.Diagnostics;

namespace ZsMlc.Torture.Children;

/// <summary>This program once more, with a piece of work, a limit of memory and one of time.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Task _errors;
    private readonly List<string> _errorLines = [];
    private readonly Task _output;

    public ChildProcess(params string[] work)
    {
        ProcessStartInfo start = new("dotnet", [typeof(ChildProcess).Assembly.Location, "child", .. work]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["OMP_WAIT_POLICY"] = "passive";
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        _process = Process.Start(start)!;
        _output = Task.Run(() => Collect(_process.StandardOutput, _lines));
        _errors = Task.Run(() => Collect(_process.StandardError, _errorLines));
    }

    /// <summary>Gets whether the process has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Waits until the child has written a line, or has ended.</summary>
    public void WaitForLine() => SpinWait.SpinUntil(() => Lines().Count > 0 || HasEnded);

    /// <summary>Ends the process at once, as a power cut does.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Waits for the end, kills what goes beyond a limit, and adds up what the child has told and how it ended.</summary>
    /// <param name="tally">Where it is added.</param>
    /// <param name="time">Most time.</param>
    /// <param name="memory">Most resident memory in bytes.</param>
    /// <param name="position">Tells what the child was at, for a finding.</param>
    /// <returns>The lines that it wrote.</returns>
    public IReadOnlyList<string> Finish(Tally tally, TimeSpan time, long memory, Func<string> position)
    {
        var watch = Stopwatch.StartNew();
        while (!_process.WaitForExit(50))
        {
            if (Resident() is { } resident && resident > memory)
            {
                tally.Find("memory", $"{resident >> 20} MB of at most {memory >> 20} MB: {position()}");
                Kill();
                return Lines();
            }

            if (watch.Elapsed > time)
            {
                tally.Find("hang", $"not ended after {time.TotalSeconds:f0} s: {position()}");
                Kill();
                return Lines();
            }
        }

        Task.WaitAll(_output, _errors);
        _lines.ForEach(tally.Read);
        if (_process.ExitCode != 0)
        {
            tally.Find(_process.ExitCode == ChildWork.Hung ? "hang" : "crash", $"exit code {_process.ExitCode}: {position()}: {string.Join(" | ", _errorLines.Take(12))}");
        }

        return Lines();
    }

    public void Dispose() => _process.Dispose();

    private static void Collect(StreamReader reader, List<string> lines)
    {
        while (reader.ReadLine() is { } line)
        {
            lock (lines)
            {
                lines.Add(line);
            }
        }
    }

    private IReadOnlyList<string> Lines()
    {
        lock (_lines)
        {
            return [.. _lines];
        }
    }

    private long? Resident()
    {
        try
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
