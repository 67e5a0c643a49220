using System.Globalization;

namespace ZsMlc.Samples.ZeroShotCoco.Doctor;

/// <summary>Runs checks one by one, prints each as it ends, and counts the failed ones.</summary>
internal sealed class Checkup(TextWriter output)
{
    public int Failed { get; private set; }

    /// <summary>Runs a check that says in a sentence what it found; an exception is a failure.</summary>
    public void Run(string name, Func<string> check)
    {
        try
        {
            Line("ok", name, check());
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            Failed++;
            Line("FAILED", name, error.Message);
        }
    }

    public void Skip(string name, string why) => Line("-", name, why);

    public static string Duration(double seconds) => seconds switch
    {
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.#} s"),
        < 5400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0.#} min"),
        < 172_800 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.#} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400:0.#} days"),
    };

    public static string Size(long bytes) => bytes switch
    {
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.##} GB"),
    };

    private void Line(string state, string name, string text) => output.WriteLine($"{state,-7} {name,-12} {text}");
}
