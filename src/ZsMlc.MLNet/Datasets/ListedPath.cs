namespace ZsMlc.MLNet.Datasets;

/// <summary>Paths as lists of images state them: from the image folder, with the separators of the system they were written on.</summary>
internal static class ListedPath
{
    /// <summary>The path of a listed file. Links within the folder are the user's own and are followed.</summary>
    /// <param name="folder">The image folder.</param>
    /// <param name="name">What the list says.</param>
    /// <returns>The path, or <see langword="null"/> where the name leads out of the folder or names no file.</returns>
    public static string? Within(string folder, string name)
    {
        name = name.Replace('\\', '/');
        if (name.StartsWith('/') || name.Contains('\0') || (name.Length > 1 && name[1] == ':' && char.IsAsciiLetter(name[0])))
        {
            return null;
        }

        List<string> parts = [];
        foreach (var part in name.Split('/'))
        {
            switch (part)
            {
                case "" or ".":
                    break;
                case ".." when parts.Count == 0:
                    return null;
                case "..":
                    parts.RemoveAt(parts.Count - 1);
                    break;
                default:
                    parts.Add(part);
                    break;
            }
        }

        return parts.Count == 0 ? null : Path.Combine(folder, Path.Combine([.. parts]));
    }
}
