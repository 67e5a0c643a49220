using System.Globalization;

namespace ZsMlc.Torture;

/// <summary>What the command line asks for.</summary>
/// <param name="Minutes">Time for all modes together; each gets an equal share.</param>
/// <param name="Modes">The modes, in order.</param>
/// <param name="Seed">Seed of all damage and of the moments of the kills.</param>
internal sealed record TortureOptions(double Minutes, IReadOnlyList<string> Modes, int Seed)
{
    public const string Usage = "usage: ZsMlc.Torture --minutes N [--only kills,disk,threads,parsers] [--seed N]";

    public static IReadOnlyList<string> AllModes { get; } = ["kills", "disk", "threads", "parsers"];

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">An argument is unknown or out of its range.</exception>
    public static TortureOptions Parse(string[] arguments)
    {
        TortureOptions options = new(10, AllModes, Random.Shared.Next());
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : throw new FormatException($"{arguments[i]} has no value.");
            options = arguments[i] switch
            {
                "--minutes" when double.TryParse(value, CultureInfo.InvariantCulture, out var minutes) && minutes > 0 => options with { Minutes = minutes },
                "--only" when value.Split(',') is var modes && modes.All(AllModes.Contains) => options with { Modes = modes },
                "--seed" when int.TryParse(value, CultureInfo.InvariantCulture, out var seed) => options with { Seed = seed },
                _ => throw new FormatException($"{arguments[i]} {value} is not understood."),
            };
        }

        return options;
    }
}
