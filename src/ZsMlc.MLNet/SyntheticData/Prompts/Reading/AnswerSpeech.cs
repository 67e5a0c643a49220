using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts.Reading;

/// <summary>Tells a model's speech about its task from the description of a picture.</summary>
internal static partial class AnswerSpeech
{
    /// <summary>Whether a line declines the task, in any of the usual wordings.</summary>
    public static bool IsRefusal(string line) => Refusal().IsMatch(line);

    /// <summary>Whether a line repeats an instruction, or gives one.</summary>
    public static bool IsInstruction(string line) => Instruction().IsMatch(line) || Imperative().IsMatch(line);

    /// <summary>Whether a line speaks of captions, words, the user or the speaker instead of a picture.</summary>
    public static bool IsMetaTalk(string line) => Opening().IsMatch(line) || Meta().IsMatch(line) || FirstPerson().IsMatch(line);

    /// <summary>Whether a line is markup, a heading, a question or an address.</summary>
    public static bool IsNoSentence(string line) =>
        line.EndsWith(':') || line.EndsWith('?')
        || line.Contains('<') || line.Contains('{') || line.Contains('|') || line.Contains("http", StringComparison.OrdinalIgnoreCase)
        || line.Count(c => char.IsLetter(c) || c == ' ') < line.Length * 0.8;

    [GeneratedRegex(
        @"\b(?:i(?:'|’)?m sorry|i am sorry|sorry,|my apologies|i apologi[sz]e|i regret|as an ai|(?:large )?language model|ai assistant|unfortunately,?\s+i|i (?:cannot|can(?:'|’)t|can not|could not|couldn(?:'|’)t|won(?:'|’)t|will not|must decline|have to decline|decline|refuse|am unable|do not have the ability|don(?:'|’)t have the ability)|i(?:'|’)m (?:unable|not able|afraid|not allowed|not comfortable)|unable to (?:assist|help|comply|generate|create|provide|fulfil\w*|write)|cannot (?:assist|help|comply|generate|create|provide|fulfil\w*|write)|can(?:'|’)t (?:assist|help|comply|generate|create|provide|fulfil\w*|write)|not (?:able|possible) to (?:assist|help|comply|generate|create|provide|fulfil\w*|write)|against (?:my|our|the) (?:policy|policies|guidelines|rules|programming)|content policy|usage polic\w+|safety guidelines|not something i|request (?:was|is|has been) (?:declined|refused|blocked|rejected))",
        RegexOptions.IgnoreCase)]
    private static partial Regex Refusal();

    [GeneratedRegex(
        @"\b(?:one[- ]sentence|different (?:descriptions|captions|sentences)|at least \w+ words|one sentence (?:a|per) line|without numbering|quotation marks|contains? (?:the|both|all) (?:words?|labels?|terms?)|differs? from the others|descriptions? of (?:a|an|the|one) (?:photo|photograph|picture|image)|literally|place, viewpoint|word (?:count|limit)|each (?:caption|description|sentence|line)|the (?:required|requested|given) (?:words?|labels?|objects?))\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex Instruction();

    [GeneratedRegex(@"^(?:please\b|(?:write|generate|describe|create|provide|list|compose|produce|make|give|imagine|include|use|ensure|avoid|remember|note|answer|continue|rewrite|try|consider|keep)\s+(?!of\b)(?:\w+\s+){0,3}?(?:\d+|me|us|a|an|the|it|each|one|two|three|four|five|ten|that|sure|both|all|sentences?|captions?|descriptions?|prompts?|your|in|to|with)\b)", RegexOptions.IgnoreCase)]
    private static partial Regex Imperative();

    [GeneratedRegex(
        @"^(?:of course|certainly|sure\b|absolutely|great question|no problem|here (?:are|is|goes)|here(?:'|’)s|below (?:are|is)|these (?:are|captions|descriptions|phrases|prompts|sentences)|this (?:caption|description|sentence|prompt)|i hope|hope (?:this|these)|let me know|let(?:'|’)s|let me|feel free|thank you|thanks|you(?:'|’)re welcome|note\b|note:|okay\b|ok,|alright|hmm|wait[,.\s]|well,|so,|so i\b|now,|first i\b|first,|second,|third,|next,|finally,|lastly,|then,|also,|actually,|maybe\b|perhaps\b|another (?:idea|one|option|possibility|example|could)|got it|understood|assistant\b|user\b|system\b|human\b|question\b|task\b|step \d|output\b|answer\b|response\b)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Opening();

    [GeneratedRegex(
        @"\b(?:(?:this|these|the|each|every|first|second|third|my|your|following|above|all|both|different) (?:\w+ )?(?:captions?|descriptions?|sentences?|prompts?)|captions? (?:shows?|that|which|in which|with|of|for (?:a|the))|this (?:line|phrase)|the (?:request|instructions?|assistant|answer|response)s?|the user (?:wants?|wanted|asks?|asked|is asking|needs?|requested|requests|would|said|says|gave)|contain(?:s|ing)? the words?|include(?:s|d|ing)? the words?|us(?:es|ing) the words?|mention(?:s|ed|ing)? (?:both|all|the words?)|the words? [""“'‘]|both (?:words|labels|terms)|as (?:requested|instructed|specified|per your)|you (?:asked|requested|wanted)|your (?:request|prompt|photo|question|task)|(?:should|must|needs? to) (?:be|show|include|contain|have|mention|say|use)|(?:could|would) (?:show|include|mention|say|write)|alt[- ]text|dall-?e|midjourney|stable diffusion|hashtags?)\b|#\w+",
        RegexOptions.IgnoreCase)]
    private static partial Regex Meta();

    // Letters on signs and shirts are not meant: only the pronoun in front of a verb of speech or thought.
    [GeneratedRegex(@"\b(?:i(?:'|’)(?:ll|ve|m|d)|i (?:will|would|should|could|can|think|need|want|must|have to|might|may|guess|believe|suppose|hope|see|know|am|was|wrote|made|tried)|we(?:'|’)ll|we (?:need|should|could|can|must|have to|want|will|might)|my (?:answer|response|task|goal|job|captions?|descriptions?|sentences?))\b", RegexOptions.IgnoreCase)]
    private static partial Regex FirstPerson();
}
