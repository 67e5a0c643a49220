using System.Diagnostics;
using ZsMlc.Torture.Children;

namespace ZsMlc.Torture.Kills;

/// <summary>Kills trainings and generations at random moments and inside the writing of their files, until they end; then their results must be those of a run that nobody disturbed.</summary>
internal static class KillMode
{
    private const long Memory = 2L << 30;
    private const int MostKills = 12;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    public static void Run(WorkFolder folder, TimeSpan time, int seed, Tally tally)
    {
        var watch = Stopwatch.StartNew();
        Finish(["prepare", folder.Path], tally);
        Dictionary<string, (string Result, double Milliseconds)> undisturbed = [];
        var random = new Random(seed);
        for (var round = 0; watch.Elapsed < time || round == 0; round++)
        {
            var job = round % 2 == 0 ? "train" : "generate";
            if (!undisturbed.ContainsKey(job))
            {
                undisturbed[job] = Undisturbed(job, folder["undisturbed-" + job], tally);
            }

            var place = folder[$"round-{round}"];
            Directory.CreateDirectory(place);
            for (var kill = 0; kill < MostKills && (kill == 0 || watch.Elapsed < time) && Killed(job, place, undisturbed[job].Milliseconds, random, tally); kill++)
            {
            }

            var result = Finish([job, place], tally);
            if (result != undisturbed[job].Result)
            {
                tally.Find("loss", $"{job} ended in {result} instead of {undisturbed[job].Result}");
            }

            tally.Count($"{job}: runs ended after kills");
            Directory.Delete(place, recursive: true);
        }
    }

    // Half of the kills wait for a file that is being written.
    private static bool Killed(string job, string place, double duration, Random random, Tally tally)
    {
        using var child = new ChildProcess(job, place);
        child.WaitForLine();
        var inside = random.Next(2) == 0;
        var due = Stopwatch.StartNew();
        var moment = random.NextDouble() * duration * 1.1;
        var skipped = random.Next(12);
        while (!child.HasEnded && (due.Elapsed.TotalMilliseconds < moment || (inside && !(IsWriting(place) && skipped-- <= 0))))
        {
            if (!inside)
            {
                Thread.Sleep(1);
            }
            else
            {
                Thread.Yield();
            }
        }

        if (child.HasEnded)
        {
            child.Finish(tally, s_limit, Memory, () => $"{job}, after {place}");
            return false;
        }

        var writing = IsWriting(place);
        child.Kill();
        tally.Count($"{job}: kills");
        tally.Count("fault cycles");
        if (writing || IsWriting(place))
        {
            tally.Count($"{job}: kills inside a write");
        }

        return true;
    }

    private static (string Result, double Milliseconds) Undisturbed(string job, string place, Tally tally)
    {
        using var child = new ChildProcess(job, place);
        child.WaitForLine();
        var watch = Stopwatch.StartNew();
        return (child.Finish(tally, s_limit, Memory, () => job).LastOrDefault() ?? "nothing", watch.Elapsed.TotalMilliseconds);
    }

    private static bool IsWriting(string place)
    {
        try
        {
            return Directory.EnumerateFiles(place, "*.tmp", SearchOption.AllDirectories).Any(f => DateTime.UtcNow - File.GetLastWriteTimeUtc(f) < TimeSpan.FromMilliseconds(200));
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string Finish(string[] work, Tally tally)
    {
        using var child = new ChildProcess(work);
        return child.Finish(tally, s_limit, Memory, () => string.Join(' ', work)).LastOrDefault() ?? "nothing";
    }
}
