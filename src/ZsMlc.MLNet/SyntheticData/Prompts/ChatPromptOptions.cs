namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>How a language model is asked for prompts, and what is put up with.</summary>
public sealed class ChatPromptOptions
{
    /// <summary>How often the model is asked for one label set before templates fill the gap, 1 or more. Default 4.</summary>
    public int MaxAttempts { get; set; } = 4;

    /// <summary>Longest time for one answer. Default 60 seconds.</summary>
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
    }
}
