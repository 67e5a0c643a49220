using System.CommandLine;
using System.Globalization;
using ZsMlc.DeviceCheck;
using ZsMlc.DeviceCheck.Harness;

var gpu = new Option<int?>("--gpu") { Description = "Index of the CUDA device; without it the CPU stands in for it, a rehearsal.", Recursive = true };
var smoke = new Option<bool>("--smoke") { Description = "Tiny networks: checks that the steps work, the figures mean nothing.", Recursive = true };
var micro = new Option<string?>("--micro") { Description = "Folder of the micro models, with clip and diffusion in it; without it step 8 is left out.", Recursive = true };
var only = new Option<string[]>("--only") { Description = $"Steps to run: {string.Join(", ", Catalog.Steps.Select(s => s.Number))}, or a number for all its parts.", AllowMultipleArgumentsPerToken = true };
var output = new Option<string>("--out") { Description = "Folder for device.md, device.json and log.txt.", DefaultValueFactory = _ => "." };
var limit = new Option<int>("--limit") { Description = "Seconds after which a step is ended.", DefaultValueFactory = _ => 120 };
var root = new RootCommand("Checks ZsMlc.MLNet on a device, step by step. Set ZSMLC_LIBTORCH to the lib folder of a libtorch 2.10 to 2.12.") { gpu, smoke, micro, only, output, limit };
root.SetAction(parsed =>
{
    var folder = parsed.GetValue(output)!;
    Directory.CreateDirectory(folder);
    using var log = new StreamWriter(Path.Combine(folder, "log.txt")) { AutoFlush = true };
    var report = new DeviceReport(folder);
    List<string> arguments = [];
    if (parsed.GetValue(gpu) is { } index)
    {
        arguments.AddRange(["--gpu", index.ToString(CultureInfo.InvariantCulture)]);
    }

    if (parsed.GetValue(smoke))
    {
        arguments.Add("--smoke");
    }

    if (parsed.GetValue(micro) is { } bundle)
    {
        arguments.AddRange(["--micro", bundle]);
    }

    var chosen = parsed.GetValue(only) ?? [];
    foreach (var step in Catalog.Steps.Where(s => chosen.Length == 0 || chosen.Any(c => s.Number == c || s.Number.TrimEnd('a', 'b', 'c', 'd') == c)))
    {
        report.Add(StepProcess.Run(step, arguments, TimeSpan.FromSeconds(parsed.GetValue(limit)), log));
    }

    return report.Failed;
});

var number = new Argument<string>("number");
var findings = new Option<string>("--findings") { Required = true };
var child = new Command("step", "One step, in this process.") { number, findings };
child.Hidden = true;
child.SetAction(parsed => StepProcess.RunHere(
    Catalog.Steps.Single(s => s.Number == parsed.GetValue(number)), new(parsed.GetValue(gpu), parsed.GetValue(smoke), parsed.GetValue(micro)), parsed.GetValue(findings)!));
root.Add(child);
return root.Parse(args).Invoke();
