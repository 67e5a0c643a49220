using System.Globalization;

namespace ZsMlc.Benchmarks.Harness;

/// <summary>Resident memory of this process, in MB, as the Linux kernel counts it; NaN on other systems.</summary>
internal static class ProcessMemory
{
    /// <summary>Highest resident set since the start or the last <see cref="ResetPeak"/>.</summary>
    public static double PeakMegabytes => Read("VmHWM:");

    /// <summary>Resident set now.</summary>
    public static double CurrentMegabytes => Read("VmRSS:");

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

    private static double Read(string field)
    {
        if (!File.Exists("/proc/self/status"))
        {
            return double.NaN;
        }

        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line[field.Length..].Replace("kB", "").Trim(), CultureInfo.InvariantCulture) / 1024;
    }
}
