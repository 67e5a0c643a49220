namespace ZsMlc.Samples.TagImages.Web;

/// <summary>How <see cref="TagServer"/> listens and what it accepts.</summary>
public sealed record TagServerOptions
{
    /// <summary>The address to listen on; port 0 takes a free one. Default: this machine only, port 5080.</summary>
    public string Url { get; init; } = "http://127.0.0.1:5080";

    /// <summary>The largest upload in bytes. Default 10 MiB.</summary>
    public long MaximumUpload { get; init; } = 10 * 1024 * 1024;

    /// <summary>Uploads taken at the same time; more are answered 503. Default 16.</summary>
    public int MaximumWaiting { get; init; } = 16;

    /// <summary>The most tags of an answer. Default 5.</summary>
    public int Top { get; init; } = 5;
}
