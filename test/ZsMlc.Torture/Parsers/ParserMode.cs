using System.Diagnostics;
using System.Globalization;
using ZsMlc.Torture.Children;

namespace ZsMlc.Torture.Parsers;

/// <summary>Batches of damaged inputs, parser by parser, each in a process of its own.</summary>
internal static class ParserMode
{
    private const int Batch = 2000;
    private const long Memory = 1L << 30;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    public static void Run(WorkFolder folder, TimeSpan time, int seed, Tally tally)
    {
        var watch = Stopwatch.StartNew();
        var first = new Random(seed).Next(1 << 30);
        for (var round = 0; watch.Elapsed < time; round++)
        {
            var target = ParserTargets.All[round % ParserTargets.All.Count];
            using var child = new ChildProcess("parse", folder.Path, target.Name, Text(first + round * Batch), Text(Batch));
            child.Finish(tally, s_limit, Memory, () => Watchdog.Position(folder.Path));
            tally.Count("batches");
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
