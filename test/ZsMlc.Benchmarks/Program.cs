using System.CommandLine;
using TorchSharp;
using ZsMlc.Benchmarks;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.Torch.Runtime;

var names = new Argument<string[]>("names") { Description = $"Benchmarks to run: all, or some of {string.Join(", ", Catalog.All.Select(b => b.Name))}.", Arity = ArgumentArity.OneOrMore };
var runs = new Option<int>("--runs") { Description = "Counted runs of each figure.", DefaultValueFactory = _ => 3 };
var threads = new Option<int>("--threads") { Description = "Threads of libtorch.", DefaultValueFactory = _ => Environment.ProcessorCount };
var batch = new Option<int>("--batch") { Description = "Images a batch.", DefaultValueFactory = _ => 32 };
var gpu = new Option<int?>("--gpu") { Description = "Index of a CUDA device; without it the CPU is used." };
var output = new Option<string>("--out") { Description = "Folder for benchmarks.md and benchmarks.json.", DefaultValueFactory = _ => Path.Combine("artifacts", "benchmarks") };

var root = new RootCommand("Benchmarks of ZsMlc.MLNet. Full-size networks run on random weights: nothing is downloaded.") { names, runs, threads, batch, gpu, output };
root.SetAction(parsed =>
{
    var options = new BenchmarkOptions(parsed.GetValue(runs), parsed.GetValue(threads), TorchDevice.Select(parsed.GetValue(gpu), fallbackToCpu: false), parsed.GetValue(batch));
    var chosen = parsed.GetValue(names)!;
    var unknown = chosen.Where(n => n != "all" && Catalog.All.All(b => b.Name != n)).ToList();
    if (unknown.Count > 0)
    {
        Console.Error.WriteLine($"No benchmark is named {string.Join(", ", unknown)}. There are: all, {string.Join(", ", Catalog.All.Select(b => b.Name))}.");
        return 1;
    }

    torch.set_num_threads(options.Threads);
    var report = new Report(options);
    foreach (var benchmark in Catalog.All.Where(b => chosen.Contains("all") || chosen.Contains(b.Name)))
    {
        report.Add(benchmark.Name, benchmark.Description, benchmark.Run(options));
        report.Save(parsed.GetValue(output)!);
    }

    return 0;
});
return root.Parse(args).Invoke();
