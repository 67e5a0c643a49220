using System.Diagnostics;

namespace ZsMlc.Samples.TagImages.Bulk;

/// <summary>Tells how far a run is, how fast it goes and how long it will take: a few lines a minute, which suit log files.</summary>
/// <param name="total">Pictures to be tagged.</param>
/// <param name="output">Where the lines go.</param>
internal sealed class Throughput(int total, TextWriter output)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(15);
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _told;

    /// <summary>Pictures that this run tagged.</summary>
    public int Tagged { get; private set; }

    /// <summary>Pictures that earlier runs tagged.</summary>
    public int Skipped { get; private set; }

    private double Rate => Tagged / _watch.Elapsed.TotalSeconds;

    /// <summary>Counts pictures of an earlier run; they say nothing about the speed of this one.</summary>
    public void Skip(int pictures) => Skipped += pictures;

    /// <summary>Counts tagged pictures.</summary>
    public void Add(int pictures)
    {
        Tagged += pictures;
        if (_watch.Elapsed - _told >= s_pause)
        {
            _told = _watch.Elapsed;
            output.WriteLine(FormattableString.Invariant($"{Tagged + Skipped} of {total} pictures, {Rate:0.#} a second, {Left()} left"));
        }
    }

    /// <summary>What the run came to.</summary>
    public override string ToString() => FormattableString.Invariant($"{Tagged} pictures in {_watch.Elapsed.TotalSeconds:0.0} s, {Rate:0.#} a second; {Skipped} were there");

    private string Left() => TimeSpan.FromSeconds(Math.Round((total - Tagged - Skipped) / Rate)).ToString("c");
}
