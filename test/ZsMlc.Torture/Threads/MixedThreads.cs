using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Models;
using ZsMlc.Torture.Kills;

namespace ZsMlc.Torture.Threads;

/// <summary>Loads, scores, saves, fits, takes other labels and disposes, by eight threads on shared models. Every score has the bits that one thread alone computes, a model that somebody disposed says so, and memory stays flat.</summary>
internal sealed class MixedThreads
{
    private const int Threads = 8, Slots = 3;

    // The allocators of two runtimes find their size in the first part of a run.
    private static readonly TimeSpan s_settling = TimeSpan.FromMinutes(1);

    private readonly MLContext _ml = new(7);
    private readonly string _folder, _file, _scores, _engineScores, _trained;
    private readonly FusionMultiLabelTransformer?[] _models = new FusionMultiLabelTransformer?[Slots];
    private readonly Tally _tally;

    private MixedThreads(string folder, Tally tally)
    {
        (_folder, _tally, _file) = (folder, tally, Path.Combine(folder, Jobs.Models, Jobs.Tagger));
        using var model = _ml.MultiLabelClassification.Load(_file);
        (_scores, _engineScores) = (Jobs.Scores(model), Predict(model));
        _trained = Jobs.Train(Directory.CreateDirectory(Path.Combine(folder, "alone")).FullName, 1);
    }

    /// <summary>Works for a time.</summary>
    public static void Run(string folder, TimeSpan time, int seed, Tally tally) => new MixedThreads(folder, tally).Run(time, seed);

    private void Run(TimeSpan time, int seed)
    {
        var watch = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, Threads).Select(i => new Thread(() => Work(i, new Random(seed + i), () => watch.Elapsed < time))).ToList();
        threads.ForEach(t => t.Start());
        long settled = 0, most = 0;
        while (watch.Elapsed < time)
        {
            Thread.Sleep(500);
            var resident = Resident();
            settled = watch.Elapsed < s_settling ? Math.Max(settled, resident) : settled;
            most = Math.Max(most, resident);
        }

        threads.ForEach(t => t.Join());
        foreach (var model in _models)
        {
            model?.Dispose();
        }

        _tally.Count("resident memory: most of the first minute, MB", settled);
        _tally.Count("resident memory: most of all, MB", most);
        if (time > 2 * s_settling && most > settled * 1.15 + 32)
        {
            _tally.Find("memory", $"{most} MB resident, {settled} MB in the first minute");
        }
    }

    private void Work(int thread, Random random, Func<bool> goesOn)
    {
        while (goesOn())
        {
            var slot = random.Next(Slots);
            var (name, work) = random.Next(40) switch
            {
                < 14 => ("engine", (Action<FusionMultiLabelTransformer>)(m => Same("engine", Predict(m), _engineScores))),
                < 26 => ("transform", m => Same("transform", Jobs.Scores(m), _scores)),
                < 30 => ("save", m => _ml.Model.Save(m, SmallChain.Photos.Schema, new MemoryStream())),
                < 34 => ("other labels", OtherLabels),
                < 36 => ("fit", _ => Fit(thread)),
                _ => ("dispose", m => Dispose(slot, m)),
            };
            try
            {
                work(Model(slot));
                Counted(name);
            }
            catch (ObjectDisposedException e) when (e.ObjectName == nameof(FusionMultiLabelTransformer))
            {
                Counted($"{name}: told that the model was disposed");
            }
            catch (Exception e)
            {
                Found("wrong exception", $"{name}: {e.GetType().Name}: {e.Message}");
            }
        }
    }

    private FusionMultiLabelTransformer Model(int slot)
    {
        lock (_models)
        {
            if (_models[slot] is { } model)
            {
                return model;
            }

            Counted("load");
            return _models[slot] = _ml.MultiLabelClassification.Load(_file);
        }
    }

    // Half of the disposals are those of an engine that owns the model; others may be using it.
    private void Dispose(int slot, FusionMultiLabelTransformer model)
    {
        lock (_models)
        {
            if (_models[slot] == model)
            {
                _models[slot] = null;
            }
        }

        if (slot % 2 == 0)
        {
            model.Dispose();
        }
        else
        {
            _ml.Model.CreatePredictionEngine<Photo, Tags>(model).Dispose();
        }
    }

    private void OtherLabels(FusionMultiLabelTransformer model)
    {
        using var same = model.WithLabels(SmallChain.Labels.All);
        using var other = model.WithLabels(["black", "red"]);
        Jobs.Scores(other);
        Same("other labels", Jobs.Scores(same), _scores);
    }

    private void Fit(int thread)
    {
        var folder = Path.Combine(_folder, $"thread-{thread}");
        Same("fit", Jobs.Train(Directory.CreateDirectory(folder).FullName, 1), _trained);
        Directory.Delete(folder, recursive: true);
    }

    private string Predict(FusionMultiLabelTransformer model)
    {
        using var engine = _ml.Model.CreatePredictionEngine<Photo, Tags>(model, new PredictionEngineOptions { OwnsTransformer = false });
        using var image = MLImage.CreateFromPixels(2, 1, MLPixelFormat.Rgba32, [250, 20, 30, 255, 240, 240, 240, 255]);
        return string.Join(' ', engine.Predict(new Photo { Image = image }).Score.Select(BitConverter.SingleToUInt32Bits));
    }

    private void Same(string what, string found, string expected)
    {
        if (found != expected)
        {
            Found("silent change", $"{what}: {found} instead of {expected}");
        }
    }

    private void Counted(string name)
    {
        lock (_tally)
        {
            _tally.Count(name);
        }
    }

    private void Found(string kind, string what)
    {
        lock (_tally)
        {
            _tally.Find(kind, what);
        }
    }

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 >> 20;
    }

    internal sealed class Photo
    {
        [ImageType(1, 1)]
        public MLImage Image { get; set; } = null!;
    }

    internal sealed class Tags
    {
        public float[] Score { get; set; } = [];
    }
}
