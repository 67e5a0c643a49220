namespace ZsMlc.MicroModels.Files;

/// <summary>Access to the files embedded in this assembly.</summary>
internal static class EmbeddedFiles
{
    public static Stream Open(string name) =>
        typeof(EmbeddedFiles).Assembly.GetManifestResourceStream(name)
        ?? throw new FileNotFoundException($"The assembly holds no embedded file '{name}'.", name);

    public static IEnumerable<string> Under(string prefix) =>
        typeof(EmbeddedFiles).Assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
}
