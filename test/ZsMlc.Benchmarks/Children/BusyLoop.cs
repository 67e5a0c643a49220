using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks.Children;

/// <summary>Another program that keeps one core busy until its standard input ends.</summary>
internal sealed class BusyLoop : IChild
{
    public string Name => "busy";

    public void Run(IReadOnlyList<string> arguments, BenchmarkOptions options)
    {
        var ended = Task.Run(Console.In.ReadToEnd);
        for (var x = 1.0; !ended.IsCompleted; x = Math.Sqrt(x + 1))
        {
        }
    }
}
