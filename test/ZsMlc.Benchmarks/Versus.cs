using System.Globalization;
using ZsMlc.Benchmarks.Children;
using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks;

/// <summary>
/// Ours against a peer that does the same in another framework. The two run in turn, round by round, each in a process of
/// its own, so that whatever else the machine does falls on both. The peer is a command that is given <c>classify</c>,
/// <c>train</c>, <c>filter</c> or <c>filter1</c> (<c>classify-vit</c> or <c>train-vit</c> where these are asked for), <c>--threads</c>, <c>--batch</c> and <c>--repeats</c>, and prints a line
/// <c>name, seconds a batch s/batch, …</c> parted by tabs.
/// </summary>
internal static class Versus
{
    private static readonly (string Work, string Title, string Peer, double Fp32, double Bf16)[] s_targets =
    [
        ("classify", "classify, RN50, 65 labels", "classify", 3.5, 7),
        ("train", "training step, RN50, 48 labels", "train", 3.5, 5),
        ("filter", "filter, ViT-B/32, batched", "filter", 1.2, 2.2),
        ("filter", "filter, batched, against the peer one by one", "filter1", 5, 9),
        ("classify-vit", "classify, ViT-B/16, 65 labels", "classify-vit", 2, 2),
        ("train-vit", "training step, ViT-B/16, 48 labels", "train-vit", 2.5, 2.5),
    ];

    // What every peer does; the others are asked for by name.
    private static readonly string[] s_common = ["classify", "train", "filter"];

    /// <summary>Runs the rounds and returns the ratios, peer's seconds by ours, each with its target.</summary>
    public static IReadOnlyList<Measurement> Run(string peer, int rounds, IReadOnlyList<string> works, BenchmarkOptions options)
    {
        var command = peer.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var targets = s_targets.Where(t => (works.Count == 0 ? s_common : works).Contains(t.Work)).ToList();
        Dictionary<string, List<double>> seconds = [], memory = [];
        for (var round = 0; round < rounds; round++)
        {
            foreach (var work in targets.Select(t => t.Peer).Distinct())
            {
                Keep($"peer {work}", ChildProcess.Run(command[0], [.. command[1..], work, "--threads", $"{options.Threads}", "--batch", $"{options.Batch}", "--repeats", $"{options.Runs}", .. OnGpu(options)], options.Threads));
                foreach (var (_, precision) in DeviceClock.Precisions)
                {
                    Keep($"ours {work} {precision}", ChildProcess.Self(options, new OurSide().Name, work, precision));
                }
            }
        }

        List<Measurement> rows = [.. seconds.Select(s => Measurement.Of(s.Key, "s/batch", s.Value, string.Create(CultureInfo.InvariantCulture, $"peak resident memory {memory[s.Key].Max():0} MB")))];
        foreach (var (work, title, other, fp32, bf16) in targets)
        {
            rows.AddRange(DeviceClock.Precisions.Select(p => Ratio(title, p.Name, other, work, p.Name == "fp32" ? fp32 : bf16)));
        }

        return rows;

        void Keep(string key, ChildProcess run)
        {
            var time = SideResult.Seconds(key, run);
            seconds.TryAdd(key, []);
            memory.TryAdd(key, []);
            seconds[key].Add(time);
            memory[key].Add(run.PeakMegabytes);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{key}: {time:0.0000} s/batch"));
        }

        // Ratio of the medians; smallest and largest are those of the single rounds.
        Measurement Ratio(string title, string precision, string other, string work, double target)
        {
            var (theirs, ours) = (seconds[$"peer {other}"], seconds[$"ours {work} {precision}"]);
            var each = Measurement.Of(title, "×", theirs.Zip(ours, (t, o) => t / o));
            var ratio = Measurement.Of("", "", theirs).Median / Measurement.Of("", "", ours).Median;
            return each with { Name = $"{title}, {precision}", Median = ratio, Note = string.Create(CultureInfo.InvariantCulture, $"target {target}: {(ratio >= target ? "met" : "missed")}") };
        }
    }

    private static string[] OnGpu(BenchmarkOptions options) => options.Device.type == TorchSharp.DeviceType.CUDA ? ["--device", "cuda"] : [];
}
