using ZsMlc.MLNet.Images;

namespace ZsMlc.Samples.TagImages.Web;

/// <summary>How <see cref="TagServer"/> listens and what it accepts.</summary>
public sealed record TagServerOptions
{
    /// <summary>The address to listen on; port 0 takes a free one. Default: this machine only, port 5080.</summary>
    public string Url { get; init; } = "http://127.0.0.1:5080";

    /// <summary>The largest upload in bytes. Default 10 MiB.</summary>
    public long MaximumUpload { get; init; } = 10 * 1024 * 1024;

    /// <summary>The most pixels of a picture. Default 64 million.</summary>
    public long MaximumPixels { get; init; } = ImageReadOptions.DefaultMaximumPixels;

    /// <summary>Connections at the same time; more are closed. Each may hold an upload in memory. Default 100.</summary>
    public int MaximumConnections { get; init; } = 100;

    /// <summary>The least bytes a second of an upload after its <see cref="GracePeriod"/>; a slower one is answered 408. Default 8 KiB.</summary>
    public double MinimumDataRate { get; init; } = 8 * 1024;

    /// <summary>The time at the start of an upload in which it may be slow, more than a second. Default 5 s.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Complete uploads that are scored or wait for it at the same time; more are answered 503. Default 16.</summary>
    public int MaximumWaiting { get; init; } = 16;

    /// <summary>The most tags of an answer. Default 5.</summary>
    public int Top { get; init; } = 5;

    /// <summary>The least probability of a tag; null for each label's own threshold.</summary>
    public float? Threshold { get; init; }
}
