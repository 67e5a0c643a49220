using System.CommandLine;
using TorchSharp;
using ZsMlc.Benchmarks;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.Torch.Runtime;

var names = new Argument<string[]>("names") { Description = $"Benchmarks to run: all, or some of {string.Join(", ", Catalog.All.Select(b => b.Name))}.", Arity = ArgumentArity.ZeroOrMore };
var runs = new Option<int>("--runs") { Description = "Counted runs of each figure.", DefaultValueFactory = _ => 3, Recursive = true };
var threads = new Option<int>("--threads") { Description = "Threads of libtorch.", DefaultValueFactory = _ => Environment.ProcessorCount, Recursive = true };
var batch = new Option<int>("--batch") { Description = "Images a batch.", DefaultValueFactory = _ => 32, Recursive = true };
var gpu = new Option<int?>("--gpu") { Description = "Index of a CUDA device; without it the CPU is used.", Recursive = true };
var output = new Option<string>("--out") { Description = "Folder for the Markdown and JSON tables.", DefaultValueFactory = _ => Path.Combine("artifacts", "benchmarks"), Recursive = true };
var smoke = new Option<bool>("--smoke") { Description = "Tiny networks and one run of each: checks that the benchmarks work, the figures mean nothing.", Recursive = true };
var processorTime = new Option<bool>("--cpu-time") { Description = "Counts processor seconds instead of elapsed ones; with --threads 1 a guide on a machine that is not idle.", Recursive = true };
var precision = new Option<string?>("--precision") { Description = "fp32 or bf16 alone; by default both. On processors that are slower in bf16 the library computes images in single precision in either case.", Recursive = true };
precision.AcceptOnlyFromAmong([.. DeviceClock.AllPrecisions.Select(p => p.Name)]);
var seeds = new Option<int>("--seeds") { Description = "Seeds that 'accepted' trains classifiers with, one to two minutes each for a recipe; by default none.", Recursive = true };
var recipes = new Option<string>("--only") { Description = "Part of the names of the recipes that 'accepted' measures, or of the works of 'contended' (micro, classify, train, generate); by default all.", DefaultValueFactory = _ => "" };
var files = new Option<int>("--files") { Description = "Small files that 'bulk' makes and tags.", DefaultValueFactory = _ => 5000, Recursive = true };
var root = new RootCommand("Benchmarks of ZsMlc.MLNet. Full-size networks run on random weights: nothing is downloaded.") { names, runs, threads, batch, gpu, output, smoke, processorTime, precision, seeds, files, recipes };

root.SetAction(parsed =>
{
    var chosen = parsed.GetValue(names)!;
    var unknown = chosen.Where(n => n != "all" && Catalog.All.All(b => b.Name != n)).ToList();
    if (unknown.Count > 0 || chosen.Length == 0)
    {
        Console.Error.WriteLine($"No benchmark is named '{string.Join(", ", unknown)}'. There are: all, {string.Join(", ", Catalog.All.Select(b => b.Name))}.");
        return 1;
    }

    var options = Options(parsed);
    var report = new Report(options);
    foreach (var benchmark in Catalog.All.Where(b => (chosen.Contains("all") && !b.IsLong) || chosen.Contains(b.Name)))
    {
        report.Add(benchmark.Name, benchmark.Description, benchmark.Run(options));
        report.Save(parsed.GetValue(output)!, "benchmarks");
    }

    return 0;
});

var peer = new Argument<string>("peer") { Description = "Command of the peer, arguments included, for example \"python3 peer.py\"." };
var rounds = new Option<int>("--rounds") { Description = "How often each of the two is started.", DefaultValueFactory = _ => 3 };
var only = new Option<string[]>("--only") { Description = "classify, train, filter, classify-vit, train-vit; by default the first three.", AllowMultipleArgumentsPerToken = true };
var versus = new Command("versus", "Runs ours and a peer alternately and prints the ratios of medians.") { peer, rounds, only };
versus.SetAction(parsed =>
{
    var options = Options(parsed);
    var report = new Report(options);
    report.Add("versus", "Seconds a batch of peer and ours in turn, and peer's median by ours.", Versus.Run(parsed.GetValue(peer)!, parsed.GetValue(rounds), parsed.GetValue(only) ?? [], options));
    report.Save(parsed.GetValue(output)!, "versus");
    return 0;
});
root.Add(versus);

var earlier = new Argument<FileInfo>("before") { Description = "The ZsMlc.Benchmarks.dll of another build of this program." };
var works = new Option<string[]>("--only") { Description = $"{string.Join(", ", Builds.Works)}; by default all.", AllowMultipleArgumentsPerToken = true };
var builds = new Command("builds", "Runs another build of this program and this one alternately and prints the ratios of medians.") { earlier, rounds, works };
builds.SetAction(parsed =>
{
    var options = Options(parsed);
    var report = new Report(options);
    report.Add("builds", "Seconds a batch of an earlier build and this one in turn, and the earlier one's median by this one's.", Builds.Run(parsed.GetValue(earlier)!.FullName, parsed.GetValue(rounds), parsed.GetValue(works) ?? [], options));
    report.Save(parsed.GetValue(output)!, "builds");
    return 0;
});
root.Add(builds);

var part = new Argument<string[]>("part") { Arity = ArgumentArity.OneOrMore };
var child = new Command("child", "A part of a benchmark that needs a process of its own.") { part };
child.Hidden = true;
child.SetAction(parsed =>
{
    var arguments = parsed.GetValue(part)!;
    Catalog.Children.Single(c => c.Name == arguments[0]).Run(arguments[1..], Options(parsed));
    return 0;
});
root.Add(child);
return root.Parse(args).Invoke();

BenchmarkOptions Options(ParseResult parsed)
{
    var tiny = parsed.GetValue(smoke);
    BenchmarkOptions options = new(tiny ? 1 : parsed.GetValue(runs), parsed.GetValue(threads), TorchDevice.Select(parsed.GetValue(gpu), fallbackToCpu: false), tiny ? 2 : parsed.GetValue(batch), tiny, parsed.GetValue(seeds), parsed.GetValue(files), parsed.CommandResult.Command == root ? parsed.GetValue(recipes)! : "", Path.Combine(parsed.GetValue(output)!, "accepted"));
    torch.set_num_threads(options.Threads);
    Clock.CountsProcessorTime = parsed.GetValue(processorTime);
    DeviceClock.Precisions = [.. DeviceClock.AllPrecisions.Where(p => parsed.GetValue(precision) is not { } chosen || p.Name == chosen)];
    return options;
}
