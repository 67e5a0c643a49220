using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts.Reading;

/// <summary>Leaves the model's own turn of an answer that repeats the question in front, or makes up a conversation behind.</summary>
internal static partial class OtherTurns
{
    /// <summary>The answer's first turn of the model.</summary>
    public static string Remove(string answer)
    {
        var text = answer;
        if (Asked().Match(text) is { Success: true } asked && string.IsNullOrWhiteSpace(text[..asked.Index]) && Answered().Match(text) is { Success: true } answered)
        {
            text = text[(answered.Index + answered.Length)..];
        }

        return Asked().Match(text) is { Success: true } next && !string.IsNullOrWhiteSpace(text[..next.Index]) ? text[..next.Index] : text;
    }

    // "### Human:", "User:", "[INST]", "Objects: dog. Place: …" as our own examples begin.
    [GeneratedRegex(@"^[ \t#*]*(?:human|user|instruction|question|q|input)[*]*:|^\s*\[INST\]|^<\|?user\|?>|^<\|im_start\|>user|<start_of_turn>user|^objects?:\s.*$", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex Asked();

    [GeneratedRegex(@"^[ \t#*]*(?:assistant|response|answer|a|output)[*]*:|\[/INST\]|^<\|?assistant\|?>|^<\|im_start\|>assistant|<start_of_turn>model|^objects?:\s.*$", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex Answered();
}
