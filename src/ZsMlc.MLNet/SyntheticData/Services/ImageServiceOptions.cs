namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>How an image service is asked, and what is put up with.</summary>
/// <remarks>A client with retries of its own multiplies the tries: switch them off there, or set <see cref="MaxTries"/> to 1.</remarks>
public sealed record ImageServiceOptions
{
    /// <summary>Gets the name of the model, part of the store's identity; <see langword="null"/> leaves it to the client. Default none.</summary>
    public string? Model { get; init; }

    /// <summary>Gets the side of the square that is asked for, in pixels, <see cref="StoredSide"/> or more; <see langword="null"/> leaves it to the service. Default 1024.</summary>
    public int? Side { get; init; } = 1024;

    /// <summary>
    /// Gets the side of the images that are judged and stored, in pixels, 8 or more. Answers of another shape are cut to their centre, larger ones
    /// reduced; smaller ones are refused. Default 512.
    /// </summary>
    public int StoredSide { get; init; } = 512;

    /// <summary>Gets the requests under way at one time, 1 or more. Default 4.</summary>
    public int MaxConcurrency { get; init; } = 4;

    /// <summary>
    /// Gets the most images that the store may be paid for, over all runs; <see langword="null"/> for no limit. Counted are the answers, accepted or not, and the
    /// refusals; shards that run at the same time do not see each other's newest ones. When it is reached, <c>Fit</c> goes on with the images that are there. Default none.
    /// </summary>
    public int? MaxImages { get; init; }

    /// <summary>Gets the attempts at one image, 1 or more, where no <see cref="AcceptanceFilterOptions"/> say so: the next prompt is tried after a refusal. Default 3.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Gets how often a request is sent that fails without blame: too many requests, a fault of the server, no answer in time, an answer that is no image. 1 or more. Default 5.</summary>
    public int MaxTries { get; init; } = 5;

    /// <summary>Gets the longest time for an answer. Default 2 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets the pause after a first failure; it doubles after each further one. Where the service says how long to wait (<c>Retry-After</c>), all requests do. Default 1 second.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets the longest pause; a service that asks for a longer one ends the run. Default 2 minutes.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Gets the key in the request's additional properties under which the seed is sent, a <see cref="long"/>; <see langword="null"/> for not at all. Services
    /// without seeds ignore it. Default <c>seed</c>.
    /// </summary>
    public string? SeedProperty { get; init; } = "seed";

    /// <summary>
    /// Gets the key in the request's additional properties under which <see cref="SyntheticUnseenDataOptions.NegativePrompt"/> is sent, unless it is empty;
    /// <see langword="null"/> for not at all. Services that know none ignore it. Default <c>negative_prompt</c>.
    /// </summary>
    public string? NegativePromptProperty { get; init; } = "negative_prompt";

    /// <summary>Gets the longest answer in bytes, 1024 or more. Default 32 MiB.</summary>
    public int MaxAnswerBytes { get; init; } = 32 << 20;

    /// <summary>Gets what tells a refusal by a content filter from other failures, in addition to the wordings of known services. Default none.</summary>
    public Func<Exception, bool>? IsRefusal { get; init; }

    /// <summary>Gets the client that fetches images which are answered by address; it stays the caller's. Default: one that knows no secrets.</summary>
    public HttpClient? HttpClient { get; init; }

    /// <summary>Throws when a value is out of its range; the message names the option.</summary>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(StoredSide, 8);
        ArgumentOutOfRangeException.ThrowIfLessThan(Side ?? StoredSide, StoredSide, nameof(Side));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConcurrency, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxImages ?? 0, 0, nameof(MaxImages));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTries, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(FirstDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDelay, FirstDelay);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAnswerBytes, 1024);
    }
}
