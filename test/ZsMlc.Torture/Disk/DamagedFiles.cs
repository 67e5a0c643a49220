using System.Diagnostics;
using Microsoft.ML;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Models;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torture.Children;
using ZsMlc.Torture.Kills;

namespace ZsMlc.Torture.Disk;

/// <summary>Saved models, training checkpoints and image stores with flipped, cut, moved and cleared bytes: refused, or the same bits as before.</summary>
internal static class DamagedFiles
{
    private const int Epochs = 3;

    /// <summary>Works for a time.</summary>
    /// <param name="folder">Folder with the networks and a saved chain.</param>
    /// <param name="time">How long.</param>
    /// <param name="seed">Seed of the damage.</param>
    /// <param name="tally">What was done and found.</param>
    public static void Run(string folder, TimeSpan time, int seed, Tally tally)
    {
        var (watch, random) = (Stopwatch.StartNew(), new Random(seed));
        using var watchdog = new Watchdog(folder, TimeSpan.FromSeconds(60));
        var ml = new MLContext(7);
        var whole = Path.Combine(folder, Jobs.Models, Jobs.Tagger);
        var scores = Loaded(ml, whole);
        var job = Path.Combine(folder, "damaged");
        var trained = Jobs.Train(job, Epochs);
        var checkpoint = File.ReadAllBytes(Path.Combine(job, Jobs.Checkpoint));
        var generated = Jobs.Generate(job);
        for (var round = 0; watch.Elapsed < time || round < 20; round++)
        {
            var number = random.Next();
            watchdog.At($"damage {number}, round {round}");
            switch (round % 10)
            {
                case 8:
                    Checkpoint(job, ModelDamage.Of(checkpoint, number), trained, number, tally);
                    break;
                case 9:
                    Store(job, generated, number, tally);
                    break;
                default:
                    Model(ml, Path.Combine(folder, "damaged.zip"), ModelDamage.Of(File.ReadAllBytes(whole), number), round % 2 == 0, scores, number, tally);
                    break;
            }
        }
    }

    private static void Model(MLContext ml, string path, byte[] bytes, bool chain, string scores, int number, Tally tally)
    {
        File.WriteAllBytes(path, bytes);
        Judge("damaged models", number, scores, () => chain ? LoadedChain(ml, path) : Loaded(ml, path), tally);
    }

    // A damaged checkpoint ends the run; deleted, it begins anew.
    private static void Checkpoint(string job, byte[] bytes, string trained, int number, Tally tally)
    {
        File.WriteAllBytes(Path.Combine(job, Jobs.Checkpoint), bytes);
        Judge("damaged training checkpoints", number, trained, () => Jobs.Train(job, Epochs), tally);
    }

    // A damaged image or record of a store is made again.
    private static void Store(string job, string generated, int number, Tally tally)
    {
        var random = new Random(number);
        var files = Directory.GetFiles(Path.Combine(job, "store", "images"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        var path = files[random.Next(files.Count)];
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes.Length > 2000 ? ModelDamage.Of(bytes, number) : bytes[..random.Next(bytes.Length)]);
        tally.Count("fault cycles");
        tally.Count("damaged stores: made good");
        if (Jobs.Generate(job) is var result && result != generated)
        {
            tally.Find("loss", $"damaged store, damage {number} of {Path.GetFileName(path)}: {result} instead of {generated}");
        }
    }

    private static void Judge(string what, int number, string expected, Func<string> work, Tally tally)
    {
        tally.Count("fault cycles");
        try
        {
            var result = work();
            tally.Count($"{what}: same bits");
            if (result != expected)
            {
                tally.Find("silent change", $"{what}, damage {number}: {result} instead of {expected}");
            }
        }
        catch (CheckpointFormatException)
        {
            tally.Count($"{what}: refused");
        }
        catch (Exception e)
        {
            tally.Find("wrong exception", $"{what}, damage {number}: {e.GetType().Name}: {e.Message}");
        }
    }

    private static string Loaded(MLContext ml, string path)
    {
        using var loaded = ml.MultiLabelClassification.Load(path);
        return Jobs.Scores(loaded);
    }

    private static string LoadedChain(MLContext ml, string path)
    {
        var chain = ml.MultiLabelClassification.LoadChain(path, out _);
        var scores = Jobs.Scores(chain);
        (chain as IDisposable)?.Dispose();
        return scores;
    }
}
