namespace ZsMlc.Torch;

/// <summary>Refuses options whose value is out of its range.</summary>
internal static class OptionRange
{
    /// <summary>Throws unless <paramref name="ok"/> holds.</summary>
    /// <param name="name">The option.</param>
    /// <param name="value">What was found.</param>
    /// <param name="ok">Whether the value is in its range.</param>
    /// <param name="range">What was expected, such as "0 to 1".</param>
    /// <param name="parent">The option that holds this one, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option, what was found and what was expected.</exception>
    public static void Check(string name, object? value, bool ok, string range, string? parent = null)
    {
        if (!ok)
        {
            throw new ArgumentOutOfRangeException(Name(name, parent), value, $"{name} must be {range}.");
        }
    }

    /// <summary>The option's name after that of the option that holds it, if any.</summary>
    public static string Name(string name, string? parent) => parent is null ? name : $"{parent}.{name}";
}
