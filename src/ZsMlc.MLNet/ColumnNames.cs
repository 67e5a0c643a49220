namespace ZsMlc.MLNet;

/// <summary>Checks the options that name columns.</summary>
internal static class ColumnNames
{
    /// <summary>Throws when a name is blank or stands for two columns.</summary>
    /// <param name="columns">Options and the columns they name; <see langword="null"/> where an optional column is not wanted.</param>
    /// <exception cref="ArgumentException">The message names the options.</exception>
    public static void Check(params ReadOnlySpan<(string Option, string? Column)> columns)
    {
        Dictionary<string, string> options = new(StringComparer.Ordinal);
        foreach (var (option, column) in columns)
        {
            if (column is null)
            {
                continue;
            }

            ArgumentException.ThrowIfNullOrWhiteSpace(column, option);
            if (!options.TryAdd(column, option))
            {
                throw new ArgumentException($"{options[column]} and {option} are both '{column}'; they must be different columns.", option);
            }
        }
    }
}
