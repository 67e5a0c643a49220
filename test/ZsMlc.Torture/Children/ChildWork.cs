using System.Globalization;
using ZsMlc.Torch.Runtime;
using ZsMlc.Torture.Disk;
using ZsMlc.Torture.Kills;
using ZsMlc.Torture.Parsers;
using ZsMlc.Torture.Threads;

namespace ZsMlc.Torture.Children;

/// <summary>What a child does: <c>WORK FOLDER ...</c>.</summary>
internal static class ChildWork
{
    /// <summary>Exit code of a child that found itself hanging.</summary>
    public const int Hung = 70;

    public static int Run(string[] arguments)
    {
        TorchRuntime.EnsureLoaded();
        TorchSharp.torch.set_num_threads(1);
        Tally tally = new();
        var folder = arguments[1];
        int Number(int i) => int.Parse(arguments[i], CultureInfo.InvariantCulture);
        switch (arguments[0])
        {
            case "prepare":
                Jobs.Prepare(folder);
                break;
            case "train":
                Console.WriteLine("begun");
                Console.WriteLine(Jobs.Train(folder));
                break;
            case "generate":
                Console.WriteLine("begun");
                Console.WriteLine(Jobs.Generate(folder));
                break;
            case "disk":
                FullDisk.Run(folder, arguments[2], TimeSpan.FromSeconds(Number(3)), Number(4), tally);
                break;
            case "damage":
                DamagedFiles.Run(folder, TimeSpan.FromSeconds(Number(2)), Number(3), tally);
                break;
            case "threads":
                MixedThreads.Run(folder, TimeSpan.FromSeconds(Number(2)), Number(3), tally);
                break;
            case "parse":
                ParserBatch.Run(folder, arguments[2], Number(3), Number(4), tally);
                break;
            default:
                throw new ArgumentException($"{arguments[0]} is not a child's work.");
        }

        tally.WriteLines(Console.Out);
        return 0;
    }
}
