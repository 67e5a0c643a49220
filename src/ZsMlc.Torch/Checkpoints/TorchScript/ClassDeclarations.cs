using System.Text.RegularExpressions;

namespace ZsMlc.Torch.Checkpoints.TorchScript;

/// <summary>
/// Which attributes of the archive's classes are parameters and buffers. A class says so in the first lines of its code;
/// they are looked for as text, and nothing else of the code is read. Other tensors of an object are no state.
/// </summary>
/// <param name="code">Text of a file below <c>code/</c>, or null where there is none.</param>
internal sealed partial class ClassDeclarations(Func<string, string?> code)
{
    private readonly Dictionary<string, Dictionary<string, Declaration>> _files = [];

    /// <summary>Whether an attribute of a class is a parameter or buffer: any tensor, where the code does not say.</summary>
    public bool IsState(PickleGlobal type, string attribute)
    {
        var file = type.Module.Replace('.', '/') + ".py";
        if (!_files.TryGetValue(file, out var classes))
        {
            _files[file] = classes = code(file) is { } text ? Read(text) : [];
        }

        return !classes.TryGetValue(type.Name, out var declared) || declared.Lists < 2 || declared.Names.Contains(attribute);
    }

    private static Dictionary<string, Declaration> Read(string text)
    {
        Dictionary<string, Declaration> classes = [];
        Declaration? current = null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("class ") && line.IndexOf('(') is > 0 and var end)
            {
                classes[line[6..end].ToString()] = current = new();
            }
            else if (current is not null && (line.StartsWith("  __parameters__ = [") || line.StartsWith("  __buffers__ = [")))
            {
                current.Lists++;
                current.Names.UnionWith(Names().Matches(line.ToString()).Select(n => n.Groups[1].Value));
            }
        }

        return classes;
    }

    [GeneratedRegex("\"([^\"]*)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Names();

    private sealed class Declaration
    {
        public int Lists { get; set; }

        public HashSet<string> Names { get; } = [];
    }
}
