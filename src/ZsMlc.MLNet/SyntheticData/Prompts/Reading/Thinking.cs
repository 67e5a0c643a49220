using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts.Reading;

/// <summary>
/// Takes a reasoning model's thoughts out of its answer, whatever marks them: tags, brackets, channels or headings, also where
/// the opening mark was part of the question's template and only the closing one is left.
/// </summary>
internal static partial class Thinking
{
    /// <summary>What is left of an answer without its thoughts.</summary>
    public static string Remove(string answer)
    {
        var text = Block().Replace(answer, "\n");
        if (LastMatch(FinalChannel(), text) is { } final)
        {
            text = text[(final.Index + final.Length)..];
        }
        else if (Channel().IsMatch(text))
        {
            // Other channels than the final one are thoughts or calls of tools.
            return "";
        }

        // Whatever stands in front of the last closing mark was thought, with or without an opening mark.
        if (LastMatch(Closing(), text) is { } closing)
        {
            text = text[(closing.Index + closing.Length)..];
        }

        // Thoughts that were cut off have no end.
        if (Opening().Match(text) is { Success: true } opening)
        {
            text = text[..opening.Index];
        }

        return WithoutHeaded(text);
    }

    private static string WithoutHeaded(string text)
    {
        if (!ThoughtHeading().IsMatch(text))
        {
            return text;
        }

        // Without a heading of the answer nothing tells where the thoughts end.
        return LastMatch(AnswerHeading(), text) is { } answer ? text[(answer.Index + answer.Length)..] : "";
    }

    private static Match? LastMatch(Regex pattern, string text) => pattern.Matches(text).LastOrDefault();

    private const string Names = @"(?:seed:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflect(?:ion)?|scratchpad|analysis|(?:inner_|internal_)?monologue|musings?|plan(?:ning)?)";

    // Thoughts that stand in a block of their own.
    [GeneratedRegex(@"```\s*(?:thinking|thoughts?|reasoning|scratchpad)\b.*?(?:```|\z)|<(details|tool_call|function_call|tool)\b.*?(?:</\1>|\z)|(?<![^\n])[(\[*](?:thinking|thoughts?|reasoning)\b[^)\]*\n]{20,}[)\]*](?![^\n])", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"(?:</|<\||\[/|◁/|\{/)\s*(?:end_of_|end_|/)?" + Names + @"\s*(?:\|?>|\]|▷|\})|^\W*done thinking\W*$", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex Closing();

    [GeneratedRegex(@"(?:<|\[|◁|\{)\s*\|?(?:begin_of_|begin_|start_)?" + Names + @"\b[^>\]▷}\n]{0,40}(?:>|\]|▷|\})", RegexOptions.IgnoreCase)]
    private static partial Regex Opening();

    [GeneratedRegex(@"<\|channel\|>\s*final\s*(?:<\|[a-z_]+\|>\s*\w*\s*)*<\|message\|>|(?-i:(?<![A-Za-z])assistant\s*final(?=[^a-z]))", RegexOptions.IgnoreCase)]
    private static partial Regex FinalChannel();

    [GeneratedRegex(@"<\|channel\|>|^\s*analysis(?=[A-Z])")]
    private static partial Regex Channel();

    [GeneratedRegex(@"^[\s#*_>]*(?:(?:my|internal|inner)\s+)?(?:thinking|thoughts?|thought process|reasoning|chain of thought|internal monologue|scratchpad|analysis|planning)(?:\s+process)?[\s*_]*(?::[\s*_]*|[\s*_]*$)", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex ThoughtHeading();

    [GeneratedRegex(@"^[\s#*_>]*(?:the\s+)?(?:final\s+)?(?:answer|answers|response|output|result|captions|descriptions|sentences)[\s*_]*(?::[\s*_]*|[\s*_]*$)", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex AnswerHeading();
}
