namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Why a candidate line was turned down.</summary>
internal enum PromptFault
{
    /// <summary>The line is usable.</summary>
    None,

    /// <summary>Fewer words than wanted.</summary>
    TooShort,

    /// <summary>More words than the text encoder reads.</summary>
    TooLong,

    /// <summary>A heading, markup, a question: no description of a picture.</summary>
    NotADescription,

    /// <summary>The question or its instructions, repeated, or an instruction.</summary>
    Echo,

    /// <summary>Speech about captions, words, the user or the speaker.</summary>
    MetaTalk,

    /// <summary>The model declines.</summary>
    Refusal,

    /// <summary>A sentence without its end.</summary>
    Unfinished,

    /// <summary>Another language than English.</summary>
    NotEnglish,

    /// <summary>A label of the set is not named.</summary>
    LabelMissing,

    /// <summary>The same sentence came before.</summary>
    Duplicate,

    /// <summary>A sentence of nearly the same words came before.</summary>
    NearDuplicate,
}
