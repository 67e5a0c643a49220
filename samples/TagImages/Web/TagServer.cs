using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ZsMlc.Samples.TagImages.Web;

/// <summary>A small web service: a page to drop photos on, and the endpoint that tags them.</summary>
public static class TagServer
{
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
            kestrel.Limits.MinRequestBodyDataRate = new(options.MinimumDataRate, options.GracePeriod);
            kestrel.Limits.MaxConcurrentConnections = options.MaximumConnections;
        });
        builder.Services.AddProblemDetails();
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

        PageFiles.Map(app);
        app.MapGet("/api/labels", () => tagger.Labels);

        app.MapPost("/api/tags", new TagUpload(tagger, options).AnswerAsync);
        return app;
    }

    private static bool IsLoopback(string url)
    {
        var host = new Uri(url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal)).Host.Trim('[', ']');
        return host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }
}
