using System.Globalization;

namespace MicroWorld.Evaluation;

/// <summary>The figures of finished runs, one line each in a file, so that an evaluation that was stopped goes on.</summary>
internal sealed class RunLog
{
    private readonly string path;
    private readonly Dictionary<(string Variant, int Seed), double[]> runs = [];

    /// <param name="path">The file; its name tells apart evaluations with other models or settings.</param>
    public RunLog(string path)
    {
        this.path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        foreach (var fields in (File.Exists(path) ? File.ReadAllLines(path) : []).Select(l => l.Split('\t')))
        {
            runs[(fields[0], Number<int>(fields[1]))] = [.. fields[2..].Select(Number<double>)];
        }
    }

    /// <summary>The figures of a variant's run, measured now where the file has none.</summary>
    public IReadOnlyList<double> Get(string variant, int seed, Func<IReadOnlyList<double>> measure)
    {
        if (runs.TryGetValue((variant, seed), out var known))
        {
            return known;
        }

        var figures = runs[(variant, seed)] = [.. measure()];
        var text = figures.Select(f => f.ToString("R", CultureInfo.InvariantCulture));
        File.AppendAllText(path, string.Join('\t', [variant, seed.ToString(CultureInfo.InvariantCulture), .. text]) + "\n");
        Console.Error.WriteLine($"{variant}, seed {seed}: {string.Join(" ", figures.Select(f => f.ToString("F1", CultureInfo.InvariantCulture)))}");
        return figures;
    }

    private static T Number<T>(string text)
        where T : IParsable<T> => T.Parse(text, CultureInfo.InvariantCulture);
}
