using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks.Children;

/// <summary>Reads a folder of photos with one thread ahead, once for every line of its standard input. Argument: the folder.</summary>
internal sealed class PacedReader : IChild
{
    public string Name => "reads";

    public void Run(IReadOnlyList<string> arguments, BenchmarkOptions options)
    {
        while (Console.ReadLine() is not null)
        {
            Decode.ReadAll(arguments[0], threads: 1, options.Batch);
            Console.WriteLine();
        }
    }
}
