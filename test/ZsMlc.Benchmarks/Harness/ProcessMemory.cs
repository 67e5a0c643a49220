using System.Globalization;

namespace ZsMlc.Benchmarks.Harness;

/// <summary>Resident memory of this process, in MB, as the Linux kernel counts it; NaN on other systems.</summary>
internal static class ProcessMemory
{
    /// <summary>Highest resident set since the start or the last <see cref="ResetPeak"/>.</summary>
    public static double PeakMegabytes => Read("VmHWM:");

    /// <summary>Resident set now.</summary>
    public static double CurrentMegabytes => Read("VmRSS:");

    /// <summary>Highest resident set of another process, or <paramref name="last"/> once it has ended.</summary>
    public static double Peak(int process, double last)
    {
        try
        {
            return Read("VmHWM:", $"/proc/{process}/status") is var now && now > 0 ? now : last;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            return last;
        }
    }

    /// <summary>Starts a new peak measurement, where the kernel allows it.</summary>
    public static void ResetPeak()
    {
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then the peak is that of the whole process, an upper bound.
        }
    }

    private static double Read(string field, string status = "/proc/self/status")
    {
        if (!File.Exists(status))
        {
            return double.NaN;
        }

        var line = File.ReadLines(status).First(l => l.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line[field.Length..].Replace("kB", "").Trim(), CultureInfo.InvariantCulture) / 1024;
    }
}
