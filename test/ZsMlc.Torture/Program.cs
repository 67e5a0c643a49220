// Kills, full disks, damaged files, threads and damaged inputs, each in processes of their own that may crash or hang.
// It prints what was done and found; the exit code is 0 where nothing was found, 1 where something was, 2 for a wrong
// command line.
using System.Diagnostics;
using System.Globalization;
using ZsMlc.Torture;
using ZsMlc.Torture.Children;
using ZsMlc.Torture.Disk;
using ZsMlc.Torture.Kills;
using ZsMlc.Torture.Parsers;
using ZsMlc.Torture.Threads;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["child", ..])
{
    return ChildWork.Run(args[1..]);
}

TortureOptions options;
try
{
    options = TortureOptions.Parse(args);
}
catch (FormatException e)
{
    Console.Error.WriteLine($"{e.Message}\n{TortureOptions.Usage}");
    return 2;
}

Console.WriteLine($"torture for {options.Minutes} minutes with the seed {options.Seed}: {string.Join(", ", options.Modes)}");
var findings = 0;
foreach (var mode in options.Modes)
{
    var (tally, watch) = (new Tally(), Stopwatch.StartNew());
    var time = TimeSpan.FromMinutes(options.Minutes / options.Modes.Count);
    using (var folder = new WorkFolder())
    {
        switch (mode)
        {
            case "kills":
                KillMode.Run(folder, time, options.Seed, tally);
                break;
            case "disk":
                DiskMode.Run(folder, time, options.Seed, tally);
                break;
            case "threads":
                ThreadMode.Run(folder, time, options.Seed, tally);
                break;
            default:
                ParserMode.Run(folder, time, options.Seed, tally);
                break;
        }
    }

    Console.WriteLine($"{mode} ({watch.Elapsed.TotalSeconds:f0} s)");
    tally.Print(Console.Out);
    findings += tally.Findings;
}

Console.WriteLine(findings == 0 ? "nothing was found" : $"{findings} findings");
return findings == 0 ? 0 : 1;
