namespace ZsMlc.Benchmarks.Harness;

/// <summary>A benchmark that the program knows by name.</summary>
public interface IBenchmark
{
    /// <summary>The command-line name.</summary>
    string Name { get; }

    /// <summary>One line of help: what is measured, and on what.</summary>
    string Description { get; }

    /// <summary>Whether it takes so long that <c>all</c> leaves it out.</summary>
    bool IsLong => false;

    /// <summary>Measures and returns the rows of the table.</summary>
    IReadOnlyList<Measurement> Run(BenchmarkOptions options);
}

/// <summary>What the command line chose.</summary>
/// <param name="Runs">Counted runs of each figure.</param>
/// <param name="Threads">Threads of libtorch on the CPU.</param>
/// <param name="Device">Device the networks run on.</param>
/// <param name="Batch">Images a batch.</param>
/// <param name="Smoke">Whether networks and batches are tiny: whether everything runs, and nothing about speed.</param>
/// <param name="Seeds">Seeds that <c>accepted</c> trains classifiers with; 0 for none.</param>
/// <param name="Files">Files that <c>bulk</c> makes and tags.</param>
/// <param name="Only">Part of the names of what <c>accepted</c> measures; empty for everything.</param>
/// <param name="Work">Folder in which <c>accepted</c> keeps what it has made and measured; <see langword="null"/> for one that goes with the run.</param>
public sealed record BenchmarkOptions(
    int Runs, int Threads, TorchSharp.torch.Device Device, int Batch, bool Smoke = false, int Seeds = 0, int Files = 5000, string Only = "", string? Work = null);
