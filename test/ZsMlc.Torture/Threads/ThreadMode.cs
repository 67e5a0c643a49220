using System.Globalization;
using ZsMlc.Torture.Children;

namespace ZsMlc.Torture.Threads;

/// <summary>Eight threads that do everything at once, in a process that may crash.</summary>
internal static class ThreadMode
{
    private const long Memory = 3L << 30;

    public static void Run(WorkFolder folder, TimeSpan time, int seed, Tally tally)
    {
        using (var prepare = new ChildProcess("prepare", folder.Path))
        {
            prepare.Finish(tally, TimeSpan.FromMinutes(3), Memory, () => "prepare");
        }

        using var child = new ChildProcess("threads", folder.Path, ((int)Math.Max(1, time.TotalSeconds)).ToString(CultureInfo.InvariantCulture), seed.ToString(CultureInfo.InvariantCulture));
        child.Finish(tally, time + TimeSpan.FromMinutes(3), Memory, () => "eight threads");
    }
}
