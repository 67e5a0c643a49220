using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks.Children;

/// <summary>A part of a benchmark that needs a process of its own.</summary>
internal interface IChild
{
    /// <summary>The name behind <c>child</c> on the command line.</summary>
    string Name { get; }

    /// <summary>Runs the part; what it finds goes to the standard output.</summary>
    void Run(IReadOnlyList<string> arguments, BenchmarkOptions options);
}
