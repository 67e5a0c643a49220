using System.Diagnostics;

namespace ZsMlc.Benchmarks.Harness;

/// <summary>A part of a benchmark in a process of its own that lives on until its input ends, and may work when it is told: it answers a line with a line.</summary>
internal sealed class PacedChild : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts the process.</summary>
    /// <param name="options">What the command line chose.</param>
    /// <param name="arguments">Name and arguments of a <c>child</c>.</param>
    public PacedChild(BenchmarkOptions options, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new("dotnet", [typeof(PacedChild).Assembly.Location, "child", .. arguments, "--threads", $"{options.Threads}", "--batch", $"{options.Batch}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
    }

    /// <summary>Has the children work at once, and waits for all of them.</summary>
    /// <exception cref="InvalidOperationException">One of them ended.</exception>
    public static void Work(params IReadOnlyList<PacedChild> children)
    {
        foreach (var child in children)
        {
            child._process.StandardInput.WriteLine();
            child._process.StandardInput.Flush();
        }

        foreach (var child in children)
        {
            _ = child._process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"A process of '{string.Join(' ', child._process.StartInfo.ArgumentList)}' ended.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
