using System.Text.RegularExpressions;

namespace ZsMlc.Torch.Hub;

/// <summary>A model's name on the hub, such as <c>openai/clip-vit-base-patch32</c> or <c>org/name@revision</c>.</summary>
/// <param name="Id">Owner and name.</param>
/// <param name="Revision">Branch, tag or commit.</param>
internal sealed partial record ModelName(string Id, string Revision)
{
    private const string Main = "main";

    /// <summary>The name as a user writes it.</summary>
    public override string ToString() => Revision == Main ? Id : $"{Id}@{Revision}";

    /// <summary>The command of the hub's own tool that fetches files of the model, or all of them.</summary>
    public string Command(IEnumerable<string> files) =>
        string.Join(' ', new[] { "hf download", Id }.Concat(files).Concat(Revision == Main ? [] : ["--revision", Revision]));

    /// <summary>Reads a name, or returns null for a text that can only be a path.</summary>
    public static ModelName? Parse(string text) =>
        Pattern.Match(text) is { Success: true } match && !text.Contains("..", StringComparison.Ordinal) && !match.Groups["id"].Value.Contains("--", StringComparison.Ordinal)
            ? new(match.Groups["id"].Value, match.Groups["revision"] is { Success: true, Value: var revision } ? revision : Main)
            : null;

    /// <summary>Whether a revision is a commit: 40 hexadecimal digits.</summary>
    public static bool IsCommit(string revision) => CommitPattern.IsMatch(revision);

    // The hub's own rule for names: letters, digits, '-', '_' and '.', which stand at neither end.
    [GeneratedRegex("""\A(?<id>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?/[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?)(?:@(?<revision>[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_.+-]+)*))?\z""")]
    private static partial Regex Pattern { get; }

    [GeneratedRegex("""\A[0-9a-f]{40}\z""")]
    private static partial Regex CommitPattern { get; }
}
