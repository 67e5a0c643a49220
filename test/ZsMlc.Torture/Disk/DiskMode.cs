using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using ZsMlc.Torture.Children;

namespace ZsMlc.Torture.Disk;

/// <summary>A disk that is full in the middle of saving, training and generating, and files that are flipped, cut and mixed up.</summary>
internal static class DiskMode
{
    private const long Memory = 2L << 30;

    public static void Run(WorkFolder folder, TimeSpan time, int seed, Tally tally)
    {
        using (var prepare = new ChildProcess("prepare", folder.Path))
        {
            prepare.Finish(tally, TimeSpan.FromMinutes(3), Memory, () => "prepare");
        }

        var seconds = Math.Max(1, (int)(time.TotalSeconds / 2));
        var disk = folder["disk"];
        Directory.CreateDirectory(disk);
        if (OperatingSystem.IsLinux() && Succeeds("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk))
        {
            try
            {
                Work(folder, seconds, tally, "disk", folder.Path, disk, Text(seconds), Text(seed));
            }
            finally
            {
                Succeeds("umount", disk);
            }
        }
        else
        {
            tally.Count("skipped: full disk (needs Linux and root)");
        }

        Work(folder, seconds, tally, "damage", folder.Path, Text(seconds), Text(seed));
    }

    private static void Work(WorkFolder folder, int seconds, Tally tally, params string[] work)
    {
        using var child = new ChildProcess(work);
        child.Finish(tally, TimeSpan.FromSeconds(seconds) + TimeSpan.FromMinutes(3), Memory, () => $"{work[0]}: {Watchdog.Position(folder.Path)}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static bool Succeeds(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
