namespace ZsMlc.Torch.Hub;

/// <summary>Where models are kept and fetched from. The defaults obey the environment variables of the hub's own client.</summary>
public sealed class ModelHubOptions
{
    /// <summary>Gets the folder of the cache; by default <c>HF_HUB_CACHE</c>, else <c>HF_HOME/hub</c>, else <c>huggingface/hub</c> in <c>XDG_CACHE_HOME</c> or <c>~/.cache</c>.</summary>
    public string CacheFolder { get; init; } = Variable("HF_HUB_CACHE") ?? Path.Combine(Home, "hub");

    /// <summary>Gets the hub's address; by default <c>HF_ENDPOINT</c>, else https://huggingface.co.</summary>
    /// <exception cref="ArgumentException"><c>HF_ENDPOINT</c> is no address.</exception>
    public Uri Endpoint { get; init; } = AddressOf(Variable("HF_ENDPOINT") ?? "https://huggingface.co");

    /// <summary>Gets the access token for private and gated models, sent to <see cref="Endpoint"/> alone; by default <c>HF_TOKEN</c>, else none.</summary>
    public string? Token { get; init; } = Variable("HF_TOKEN");

    /// <summary>Gets whether the network is not to be used at all, even where a download is allowed; by default <c>HF_HUB_OFFLINE</c>.</summary>
    public bool Offline { get; init; } = Variable("HF_HUB_OFFLINE")?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    /// <summary>Gets which weights to fetch where a model has several, such as <c>fp16</c>; by default those of full precision.</summary>
    public string? Variant { get; init; }

    /// <summary>Gets whether a snapshot consists of links to the blobs, as is usual, or of the files themselves. Where links are not possible it always has the files.</summary>
    public bool UseLinks { get; init; } = true;

    private static string Home => Variable("HF_HOME")
        ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "huggingface");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static Uri AddressOf(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
        ? address
        : throw new ArgumentException($"HF_ENDPOINT is '{text}'; expected an address such as https://huggingface.co.");
}
