using System.Diagnostics;

namespace ZsMlc.Benchmarks.Harness;

/// <summary>The clock of every figure.</summary>
internal static class Clock
{
    /// <summary>
    /// Gets or sets whether the processor seconds of this process count instead of the elapsed ones. On one thread they
    /// hardly depend on what else the machine does, so they are a guide where it is never idle.
    /// </summary>
    public static bool CountsProcessorTime { get; set; }

    /// <summary>Seconds since some fixed moment.</summary>
    public static double Seconds => CountsProcessorTime
        ? Environment.CpuUsage.TotalTime.TotalSeconds
        : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
}
