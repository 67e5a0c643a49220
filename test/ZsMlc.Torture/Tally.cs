using System.Globalization;

namespace ZsMlc.Torture;

/// <summary>What a run has done and found. Children write it as lines, from which the parent adds it up.</summary>
internal sealed class Tally
{
    private const char Counted = '#', Found = '!';

    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, List<string>> _findings = new(StringComparer.Ordinal);

    /// <summary>Gets the number of findings of all kinds.</summary>
    public int Findings => _findings.Values.Sum(f => f.Count);

    /// <summary>Adds to a count.</summary>
    public void Count(string name, long number = 1) => _counts[name] = _counts.GetValueOrDefault(name) + number;

    /// <summary>Adds a finding: <c>loss</c>, <c>silent change</c>, <c>crash</c>, <c>hang</c>, <c>memory</c> or another kind.</summary>
    public void Find(string kind, string what)
    {
        if (!_findings.TryGetValue(kind, out var all))
        {
            _findings[kind] = all = [];
        }

        all.Add(what);
    }

    /// <summary>Takes a line of a child up; others than a tally's are passed over.</summary>
    public void Read(string line)
    {
        var parts = line.Length > 0 ? line[1..].Split('\t', 2) : [];
        if (parts.Length == 2 && line[0] == Counted && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var number))
        {
            Count(parts[0], number);
        }
        else if (parts.Length == 2 && line[0] == Found)
        {
            Find(parts[0], parts[1]);
        }
    }

    /// <summary>Writes the lines that <see cref="Read"/> takes up.</summary>
    public void WriteLines(TextWriter writer)
    {
        foreach (var (name, number) in _counts)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Counted}{name}\t{number}"));
        }

        foreach (var (kind, all) in _findings)
        {
            all.ForEach(what => writer.WriteLine($"{Found}{kind}\t{what.ReplaceLineEndings(" | ")}"));
        }
    }

    /// <summary>Writes the result for people.</summary>
    public void Print(TextWriter writer)
    {
        foreach (var (name, number) in _counts)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-44}{number,10:n0}"));
        }

        foreach (var kind in new[] { "loss", "silent change", "crash", "hang", "memory" }.Union(_findings.Keys))
        {
            var all = _findings.GetValueOrDefault(kind) ?? [];
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {"findings: " + kind,-44}{all.Count,10:n0}"));
            foreach (var group in all.GroupBy(what => what).Take(20))
            {
                writer.WriteLine($"    {group.Count()}x {(group.Key.Length > 500 ? group.Key[..500] + "…" : group.Key)}");
            }
        }
    }
}
