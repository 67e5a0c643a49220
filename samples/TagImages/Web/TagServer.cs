using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ZsMlc.Samples.TagImages.Web;

/// <summary>A small web service: a page to drop photos on, and the endpoint that tags them.</summary>
public static class TagServer
{
    private static readonly string[] MediaTypes = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp"];

    /// <summary>The service, ready to start.</summary>
    public static WebApplication Create(Tagger tagger, TagServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(tagger);
        ArgumentNullException.ThrowIfNull(options);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        builder.WebHost.UseUrls(options.Url).ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaximumUpload;
        });
        builder.Services.AddProblemDetails();
        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status503ServiceUnavailable;
            limiter.AddConcurrencyLimiter("uploads", uploads => (uploads.PermitLimit, uploads.QueueLimit) = (options.MaximumWaiting, 0));
        });
        if (IsLoopback(options.Url))
        {
            // A page of some other site must not reach a local service under a name of its own.
            builder.Services.Configure<HostFilteringOptions>(hosts => hosts.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"]);
        }

        var app = builder.Build();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        if (IsLoopback(options.Url))
        {
            app.UseHostFiltering();
        }

        app.UseRateLimiter();
        PageFiles.Map(app);
        app.MapGet("/api/labels", () => tagger.Labels);

        // Uploads arrive side by side, but only one picture at a time is decoded and scored.
        var turn = new SemaphoreSlim(1);
        app.MapPost("/api/tags", (HttpRequest request, CancellationToken cancellationToken) => TagAsync(request, tagger, options, turn, cancellationToken))
            .RequireRateLimiting("uploads");
        return app;
    }

    private static async Task<IResult> TagAsync(HttpRequest request, Tagger tagger, TagServerOptions options, SemaphoreSlim turn, CancellationToken cancellationToken)
    {
        var mediaType = request.ContentType?.Split(';')[0].Trim() ?? "";
        if (!MediaTypes.Contains(mediaType, StringComparer.OrdinalIgnoreCase))
        {
            return Fault(StatusCodes.Status415UnsupportedMediaType, $"Send the picture itself as {string.Join(", ", MediaTypes)}; this came as '{mediaType}'.");
        }

        using var content = new MemoryStream();
        try
        {
            await request.Body.CopyToAsync(content, cancellationToken);
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Fault(StatusCodes.Status413PayloadTooLarge, $"The picture is larger than {options.MaximumUpload / (1024.0 * 1024):0.##} MiB.");
        }

        if (content.Length == 0)
        {
            return Fault(StatusCodes.Status400BadRequest, "The request has no content.");
        }

        content.Position = 0;
        await turn.WaitAsync(cancellationToken);
        try
        {
            var (image, fault) = PictureReader.Read(content);
            using (image)
            {
                return image is null
                    ? Fault(StatusCodes.Status400BadRequest, fault)
                    : Results.Ok(new { width = image.Width, height = image.Height, tags = tagger.Tag(image, options.Top) });
            }
        }
        finally
        {
            turn.Release();
        }
    }

    private static IResult Fault(int status, string detail) => Results.Problem(detail, statusCode: status);

    private static bool IsLoopback(string url)
    {
        var host = new Uri(url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal)).Host.Trim('[', ']');
        return host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }
}
