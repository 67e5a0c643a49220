using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts.Reading;

/// <summary>Tells a model's speech about its task from the description of a picture.</summary>
internal static partial class AnswerSpeech
{
    /// <summary>Whether a line declines the task, in any of the usual wordings.</summary>
    public static bool IsRefusal(string line) => Refusal().IsMatch(line) || ImpersonalRefusal().IsMatch(line) || ServiceTalk().IsMatch(line);

    /// <summary>Whether a line repeats an instruction, or gives one.</summary>
    public static bool IsInstruction(string line) => Instruction().IsMatch(line) || Imperative().IsMatch(line);

    /// <summary>Whether a line speaks of captions, words, the user or the speaker instead of a picture.</summary>
    public static bool IsMetaTalk(string line) => Opening().IsMatch(line) || Meta().IsMatch(line) || FirstPerson().IsMatch(line);

    /// <summary>
    /// Whether a line has a speaker, a reader or a text in it, or says what is always so. Published files have such lines among their
    /// descriptions; of a model that is asked no more than a picture is wanted.
    /// </summary>
    public static bool HasSpeaker(string line) => Quotation().Replace(line, "") is var own && (Person().IsMatch(own) || Writing().IsMatch(own) || Knowledge().IsMatch(own) || Stutter().IsMatch(own));

    /// <summary>Whether a line is markup, a heading, a question, an address, code, a form with gaps, keywords or a tale.</summary>
    public static bool IsNoSentence(string line) =>
        line.EndsWith(':') || line.EndsWith('?') || Code().IsMatch(line) || Gap().IsMatch(line) || Tale().IsMatch(line)
        || Keyword().Count(line) >= 2 || IsRepetition(line)
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

    [GeneratedRegex(@"^(?:please\b|(?:write|generate|describe|create|provide|list|compose|produce|make|give|imagine|picture|capture|add|take|show|draw|paint|place|put|let|set|depict|visuali[sz]e|include|use|ensure|avoid|remember|note|answer|continue|rewrite|try|consider|keep)\s+(?!of\b)(?:\w+\s+){0,3}?(?:\d+|me|us|a|an|the|it|each|one|two|three|four|five|ten|that|sure|both|all|sentences?|captions?|descriptions?|prompts?|your|in|to|with)\b)", RegexOptions.IgnoreCase)]
    private static partial Regex Imperative();

    [GeneratedRegex(
        @"^(?:of course|certainly|sure\b|absolutely|great question|no problem|here (?:are|is|goes)|here(?:'|’)s|below (?:are|is)|these (?:are|captions|descriptions|phrases|prompts|sentences)|this (?:caption|description|sentence|prompt)|i hope|hope (?:this|these)|let me know|let(?:'|’)s|let me|feel free|thank you|thanks|you(?:'|’)re welcome|note\b|note:|okay\b|ok,|alright|hmm|wait[,.\s]|well,|so,|so i\b|now,|first i\b|first,|second,|third,|next,|finally,|lastly,|then,|also,|actually,|maybe\b|perhaps\b|another (?:idea|one|option|possibility|example|could)|got it|understood|assistant\b|user\b|system\b|human\b|question\b|task\b|step \d|output\b|answer\b|response\b)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Opening();

    [GeneratedRegex(
        @"\b(?:(?:this|these|the|each|every|first|second|third|my|your|following|above|all|both|different) (?:\w+ )?(?:captions?|descriptions?|sentences?|prompts?)|captions? (?:shows?|that|which|in which|with|of|for (?:a|the))|this (?:line|phrase)|the (?:request|instructions?|assistant|answer|response)s?|the user (?:wants?|wanted|asks?|asked|is asking|needs?|requested|requests|would|said|says|gave)|contain(?:s|ing)? the words?|include(?:s|d|ing)? the words?|us(?:es|ing) the words?|mention(?:s|ed|ing)? (?:both|all|the words?)|the words [""“'‘]|the word [""“'‘]\w+[""”'’] (?:and|is|appears?|occurs?)|both (?:words|labels|terms)|as (?:requested|instructed|specified|per your)|you (?:asked|requested|wanted)|your (?:request|prompt|photo|question|task)|(?:should|must|needs? to) (?:be|show|include|contain|have|mention|say|use)|(?:could|would) (?:show|include|mention|say|write)|alt[- ]text|dall-?e|midjourney|stable diffusion|hashtags?)\b|#\w+",
        RegexOptions.IgnoreCase)]
    private static partial Regex Meta();

    [GeneratedRegex(
        @"\b(?:not (?:be )?(?:appropriate|possible|available)\b.{0,20}\b(?:for me|to you|right now|to (?:describe|provide|show))|is not possible|for me to (?:describe|write|provide|create|generate)|(?:violat\w+|break\w*|breach\w*) (?:the|our|my) (?:rules?|guidelines?|polic\w+|terms)|can(?:not|(?:'|’)t) be (?:provided|described|generated|created|processed|fulfilled|completed)|(?:was|has been|is) (?:not processed|withheld|filtered)|no (?:image|photo|photograph|picture) (?:was|is|has been|were)? ?(?:attached|provided|uploaded|given|here)|without access to|impossible to (?:describe|see|tell|say)|due to (?:policy|safety)|for safety reasons|policy restrictions?|(?:text|language)-based|artificial intelligence|(?:this|the) (?:system|assistant|model|chat|service|helper)\b|regrettably|disallowed|prohibited|content about|not enough information|against policy|beyond (?:me|my)\b|outside (?:of )?(?:what i|my)\b|rather not)",
        RegexOptions.IgnoreCase)]
    private static partial Regex ImpersonalRefusal();

    // What a service says in its model's place.
    [GeneratedRegex(@"^error\b|\b(?:error \d{3}|had an error|rate limit|quota|overloaded|try again|processing (?:your|the) request|upgrade to|per minute|click (?:the|on|here)|link in (?:the )?bio|subscribe|free trial)\b", RegexOptions.IgnoreCase)]
    private static partial Regex ServiceTalk();

    // Letters on signs and shirts are not meant: only the pronoun in front of a verb of speech or thought.
    [GeneratedRegex(@"\b(?:i(?:'|’)(?:ll|ve|m|d)|i (?:will|would|should|could|can|think|need|want|must|have to|might|may|guess|believe|suppose|hope|see|know|am|was|wrote|made|tried)|we(?:'|’)ll|we (?:need|should|could|can|must|have to|want|will|might)|my (?:answer|response|task|goal|job|captions?|descriptions?|sentences?))\b", RegexOptions.IgnoreCase)]
    private static partial Regex FirstPerson();

    // Letters on signs and shirts stand in quotation marks and are not meant. No picture has a speaker or a reader in it.
    [GeneratedRegex(@"\b(?:I|I(?:'|’)(?:ll|ve|m|d)|[Ww]e|[Ww]e(?:'|’)(?:ll|re|ve)|[Mm]y|[Oo]ur|me|[Yy]ou|[Yy]our|[Yy]ours|[Yy]ou(?:'|’)(?:re|ll|ve))\b")]
    private static partial Regex Person();

    // Nor has it sentences, versions and requirements.
    [GeneratedRegex(
        @"\b(?:sentences?|captions?|descriptions?|prompts?|wording|bullet points?)\b|\b(?:criteri(?:a|on)|requirements?|required|the following|as follows|asked for|on request|examples?|perfect for|this one|the words? [""“'‘]?\w+[""”'’]? (?:and|is|are|appears?)|word count|this note)\b|\b(?:first|second|third|next|other|vivid|another|better|final) (?:version|attempt|try|draft)\b|^an? (?:\w+ ){0,3}(?:version|alternative|option|variation|variant)\b|^(?:for (?:variety|example|instance)\b|total\b|draft\b|check\b|scratch that|on second thought|below\b,? (?:is|are|follows?)|objects?:|place:|light:|view:|labels?:|enjoy\b|should\b|next up|(?:another|an?|one more) (?:picture|photo|photograph|image|scene)\s*:|(?:photo )?credits?\b|(?:title|tags?|keywords?|goal|subject|theme|idea)\s*:|(?:a|one|another) possible|the goal|version \d|in (?:all|each|both) of|there you go)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Writing();

    [GeneratedRegex(@"[""“„«][^""”»]{1,60}[""”»]")]
    private static partial Regex Quotation();

    [GeneratedRegex(@"\w\([""\w]|\w\s*=\s*[\[""'\w]|\\\w")]
    private static partial Regex Code();

    [GeneratedRegex(@"\[[^\]]{0,30}\]|_{3,}|\b(?:INSERT|YOUR|PLACEHOLDER)\b [A-Z]{2}|\bX{3,}\b")]
    private static partial Regex Gap();

    [GeneratedRegex(@"\b(?:once upon a time|happily ever after|said the|one day,|the end\.$)|[,!?.][""”] (?:said|asked|he|she)\b|^oh\b", RegexOptions.IgnoreCase)]
    private static partial Regex Tale();

    // What is always so is in no picture.
    [GeneratedRegex(@"\b(?:(?:is|are) (?:defined|known|used|considered|classified) (?:as|to|for)\b|is an? (?:\w+ )?(?:animal|mammal|device|tool|vehicle|object|species|type of|kind of|symbol)\b|do(?:es)? not (?:usually|normally|need)|do(?:es)?n(?:'|’)t (?:usually|normally|need)|(?:dogs|cats|people) (?:usually|often|always|never)\b)", RegexOptions.IgnoreCase)]
    private static partial Regex Knowledge();

    // The words with which generators of images are flattered.
    [GeneratedRegex(@"\b(?:\d{1,2}k|bokeh|\d{2,3}mm|(?:ultra|hyper|photo)[- ]?realis(?:tic|m)|highly detailed|masterpiece|trending|sharp focus|octane|artstation|cinematic lighting|best quality|hdr|unreal engine)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Keyword();

    /// <summary>Half of a longer line's words came before.</summary>
    private static bool IsRepetition(string line) =>
        line.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: >= 12 } words && words.Distinct().Count() * 2 <= words.Length;

    // "a cup cup": small models stumble.
    [GeneratedRegex(@"\b([a-z]{2,}) \1\b", RegexOptions.IgnoreCase)]
    private static partial Regex Stutter();
}
