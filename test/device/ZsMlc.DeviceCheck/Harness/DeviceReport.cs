using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ZsMlc.DeviceCheck.Harness;

/// <summary>The results, printed as they come and written as device.md and device.json after every step.</summary>
internal sealed class DeviceReport(string folder)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly List<StepResult> _results = [];

    /// <summary>Number of steps with something wrong.</summary>
    public int Failed => _results.Count(r => r.Findings.Any(f => !f.Passes));

    /// <summary>Adds a step's result: one line on the screen, all of it in the files.</summary>
    public void Add(StepResult result)
    {
        _results.Add(result);
        var bad = result.Findings.Where(f => !f.Passes).ToList();
        var state = bad.Count == 0 ? "ok" : $"FAILED: {Line(bad[0])}{(bad.Count > 1 ? $" and {bad.Count - 1} more" : "")}";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Number,-3} {result.Title}: {result.Findings.Count} findings, {result.Seconds:0.0} s, {state}"));
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "device.md"), Markdown());
        File.WriteAllText(Path.Combine(folder, "device.json"), JsonSerializer.Serialize(_results, s_json));
    }

    /// <summary>A finding as a line.</summary>
    public static string Line(Finding finding) => $"{finding.Name}: {Figure(finding)}{(finding.Limit is { } l ? $" (at most {Number(l)})" : "")} {finding.Note}".TrimEnd();

    private string Markdown()
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"# Device check, {DateTime.UtcNow:yyyy-MM-dd}\n");
        text.AppendLine("| step | what | findings | seconds | result |\n| --- | --- | ---: | ---: | --- |");
        foreach (var r in _results)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {r.Number} | {r.Title} | {r.Findings.Count} | {r.Seconds:0.0} | {(r.Findings.All(f => f.Passes) ? "ok" : "FAILED")} |");
        }

        foreach (var r in _results)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"\n## {r.Number} {r.Title}\n\n| what | figure | at most | note |\n| --- | ---: | ---: | --- |");
            foreach (var f in r.Findings)
            {
                var note = f.Note.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
                text.AppendLine($"| {f.Name} | {Figure(f)} | {(f.Limit is { } limit ? Number(limit) : "")} | {(f.Passes ? "" : "**FAILED** ")}{note} |");
            }
        }

        return text.ToString();
    }

    private static string Figure(Finding f) => f.Value is { } value ? $"{Number(value)} {f.Unit}".TrimEnd() : "";

    private static string Number(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 0.01 or 0 => value.ToString("0.###", CultureInfo.InvariantCulture),
        _ => value.ToString("0.0e+0", CultureInfo.InvariantCulture),
    };
}
