using System.Diagnostics;
using Microsoft.ML;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Models;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torture.Children;
using ZsMlc.Torture.Kills;

namespace ZsMlc.Torture.Disk;

/// <summary>Fills a small disk but for a random rest and saves, trains and generates onto it: either all goes well or IOException comes, what was there stays, and the next run ends as if nothing had happened.</summary>
internal static class FullDisk
{
    private const int Epochs = 4;

    /// <summary>Works for a time.</summary>
    /// <param name="folder">Folder with the networks.</param>
    /// <param name="disk">Mount point of the small disk.</param>
    /// <param name="time">How long.</param>
    /// <param name="seed">Seed of what is left free.</param>
    /// <param name="tally">What was done and found.</param>
    public static void Run(string folder, string disk, TimeSpan time, int seed, Tally tally)
    {
        var (watch, random) = (Stopwatch.StartNew(), new Random(seed));
        using var watchdog = new Watchdog(folder, TimeSpan.FromMinutes(1));
        var ml = new MLContext(7);
        using var model = ml.MultiLabelClassification.Load(Path.Combine(folder, Jobs.Models, Jobs.Tagger));
        var scores = Jobs.Scores(model);
        var trained = Jobs.Train(Path.Combine(folder, "undisturbed"), Epochs);
        var generated = Jobs.Generate(Path.Combine(folder, "undisturbed"));
        for (var round = 0; watch.Elapsed < time || round < 3; round++)
        {
            // The jobs look for the networks beside their folder.
            var job = Path.Combine(folder, "job");
            var place = Path.Combine(disk, $"round-{round}");
            Directory.CreateDirectory(place);
            Directory.CreateSymbolicLink(job, place);
            var saved = Path.Combine(place, "saved.zip");
            ml.MultiLabelClassification.Save(model, SmallChain.Photos.Schema, saved);
            (string Name, Func<string> Work, string Expected) step = (round % 3) switch
            {
                0 => ("save", () => Save(ml, model, saved), scores),
                1 => ("train", () => Jobs.Train(job, Epochs), trained),
                _ => ("generate", () => Jobs.Generate(job), generated),
            };
            watchdog.At($"{step.Name} onto a full disk, round {round}");
            Fault(step.Name, step.Work, step.Expected, disk, random, tally);
            watchdog.At($"{step.Name} with room again, round {round}");
            Compare("loss", $"{step.Name} with room again", step.Work(), step.Expected, tally);
            Compare("loss", $"the old model beside {step.Name}", Loaded(ml, saved), scores, tally);
            if (Directory.EnumerateFiles(place, "*.tmp", SearchOption.AllDirectories).Any())
            {
                tally.Find("leftover", $"{step.Name} left a half-written file");
            }

            File.Delete(job);
            Directory.Delete(place, recursive: true);
        }
    }

    private static void Fault(string name, Func<string> work, string expected, string disk, Random random, Tally tally)
    {
        var ballast = Path.Combine(disk, "ballast");
        try
        {
            using (var file = new FileStream(ballast, FileMode.Create))
            {
                var free = new DriveInfo(disk).AvailableFreeSpace;
                file.Write(new byte[Math.Max(0, free - random.Next(4096, 300_000))]);
            }

            tally.Count("fault cycles");
            tally.Count($"{name}: on a full disk");
            Compare("silent change", $"{name} on a full disk", work(), expected, tally);
            tally.Count($"{name}: had room enough");
        }
        catch (IOException e) when (e is not CheckpointFormatException && (e.Message.Contains("space", StringComparison.OrdinalIgnoreCase) || e.Message.Contains(disk, StringComparison.Ordinal) || e.Message.Contains("job", StringComparison.Ordinal)))
        {
            tally.Count($"{name}: refused with IOException");
        }
        catch (Exception e)
        {
            tally.Find("wrong exception", $"{name} on a full disk: {e.GetType().Name}: {e.Message}");
        }
        finally
        {
            File.Delete(ballast);
        }
    }

    private static string Save(MLContext ml, ITransformer model, string path)
    {
        ml.MultiLabelClassification.Save(model, SmallChain.Photos.Schema, path);
        return Loaded(ml, path);
    }

    private static string Loaded(MLContext ml, string path)
    {
        using var loaded = ml.MultiLabelClassification.Load(path);
        return Jobs.Scores(loaded);
    }

    private static void Compare(string kind, string what, string found, string expected, Tally tally)
    {
        if (found != expected)
        {
            tally.Find(kind, $"{what}: {found} instead of {expected}");
        }
    }
}
