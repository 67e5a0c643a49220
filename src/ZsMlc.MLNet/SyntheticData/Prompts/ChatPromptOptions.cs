namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>How a language model is asked for prompts, and what is put up with.</summary>
public sealed class ChatPromptOptions
{
    /// <summary>How often the model is asked for one label set before templates fill the gap, 1 or more. Default 4.</summary>
    public int MaxAttempts { get; set; } = 4;

    /// <summary>
    /// Longest time for one answer; what came by then is used. A service that asks to wait longer (Retry-After) is not asked again for
    /// the label set. Default 60 seconds.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Pause after the first failed call; doubles after each further one, 30 seconds at most. Default 1 second.</summary>
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Characters of an answer that are read; the rest is cut off and the connection closed. Default 32,768.</summary>
    public int MaxAnswerCharacters { get; set; } = 32_768;

    /// <summary>
    /// Most tokens of an answer, 64 or more; a model that thinks first needs room for its thoughts too. An answer that
    /// reaches it is used as far as its sentences are whole. Default 4,096.
    /// </summary>
    public int MaxOutputTokens { get; set; } = 4096;

    /// <summary>
    /// How many sentences a call asks for, 1 to 3, each for a place, light, viewpoint and style that are drawn from the templates'
    /// grammar by the request's seed, after examples: for models of a few billion parameters. <see langword="null"/> asks for all in one
    /// call, with a JSON schema for the answer; a service that refuses the schema is asked for 3 a call from then on. Default null.
    /// </summary>
    public int? SentencesPerCall { get; set; }

    /// <summary>
    /// Hands the client a GBNF grammar (llama.cpp's notation) in <c>ChatOptions.AdditionalProperties["grammar"]</c>: each sentence names
    /// every label and its scene's place. Nouns, relation and place are given, and the words between come from lists that go with what a
    /// label names: for models of about a billion parameters; larger ones write better by themselves. Only with
    /// <see cref="SentencesPerCall"/>, and only for clients that obey it. Default false.
    /// </summary>
    public bool Grammar { get; set; }

    /// <summary>Fewest words of a prompt. Default 10.</summary>
    public int MinimumWords { get; set; } = 10;

    /// <summary>After so many label sets in a row for which every call failed, the service counts as down and is not asked again. Default 3.</summary>
    public int MaxFailedSets { get; set; } = 3;

    /// <summary>Asks for the answer piece by piece, so that an endless one can be cut off. Switch off for servers without streaming. Default true.</summary>
    public bool Streaming { get; set; } = true;

    /// <summary>Sampling temperature passed to the model; <see langword="null"/> leaves it to the service. Default null.</summary>
    public float? Temperature { get; set; }

    /// <summary>Name of the model; <see langword="null"/> leaves it to the client. Part of the store's identity. Default null.</summary>
    public string? Model { get; set; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAnswerCharacters, 100);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxOutputTokens, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinimumWords, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFailedSets, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(FirstDelay, TimeSpan.Zero);
        if (SentencesPerCall is { } sentences)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(sentences, 1, nameof(SentencesPerCall));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(sentences, 3, nameof(SentencesPerCall));
        }
        else if (Grammar)
        {
            throw new ArgumentException("ChatPromptOptions.Grammar is for short questions: set SentencesPerCall to 1, 2 or 3 with it.");
        }
    }
}
