using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ZsMlc.Benchmarks.Harness;

/// <summary>Collects tables, prints them as they come, and writes them as Markdown and JSON.</summary>
public sealed class Report
{
    private readonly StringBuilder _markdown = new();
    private readonly Dictionary<string, IReadOnlyList<Measurement>> _tables = [];

    /// <summary>Starts a report with a line about the machine.</summary>
    public Report(BenchmarkOptions options) =>
        Write($"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, {options.Threads} threads, device {options.Device}, "
            + $".NET {Environment.Version}, libtorch {TorchSharp.torch.__version__}");

    /// <summary>Adds a table.</summary>
    public void Add(string name, string description, IReadOnlyList<Measurement> rows)
    {
        _tables[name] = rows;
        Write($"\n## {name}\n{description}\n");
        Write("| what | median | min | max | runs | unit | note |");
        Write("| --- | ---: | ---: | ---: | ---: | --- | --- |");
        foreach (var r in rows)
        {
            Write($"| {r.Name} | {Number(r.Median)} | {Number(r.Min)} | {Number(r.Max)} | {r.Runs} | {r.Unit} | {r.Note} |");
        }
    }

    /// <summary>Writes the tables into a folder, as <c>name.md</c> and <c>name.json</c>.</summary>
    public void Save(string folder, string name)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, $"{name}.md"), _markdown.ToString());
        File.WriteAllText(Path.Combine(folder, $"{name}.json"), JsonSerializer.Serialize(_tables, new JsonSerializerOptions
        {
            WriteIndented = true,
            NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
        }));
    }

    private void Write(string line)
    {
        Console.WriteLine(line);
        _markdown.AppendLine(line);
    }

    private static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.0000", CultureInfo.InvariantCulture),
    };
}
