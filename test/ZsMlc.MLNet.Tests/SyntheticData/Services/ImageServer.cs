using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ZsMlc.MLNet.Images;

namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>
/// An image service on the loopback interface that speaks as OpenAI's does. A picture follows from its prompt alone: four coloured fields; half of
/// them come as base64, half by an address.
/// </summary>
internal sealed class ImageServer : IAsyncDisposable
{
    /// <summary>Side of the pictures.</summary>
    public const int Side = 32;

    private readonly WebApplication _application;
    private readonly ConcurrentQueue<(string Prompt, string Body)> _requests = [];
    private int _number, _painted;

    private ImageServer(WebApplication application) => _application = application;

    public Uri Endpoint => new($"{_application.Urls.Single()}/v1");

    /// <summary>Answers a request in place of the service, unless with null; gets its number from 0 and its prompt.</summary>
    public Func<int, string, Answer?>? Fault { get; set; }

    /// <summary>Everything that was asked for.</summary>
    public IReadOnlyList<(string Prompt, string Body)> Requests => [.. _requests];

    /// <summary>Pictures that were answered.</summary>
    public int Painted => Volatile.Read(ref _painted);

    public static async Task<ImageServer> StartAsync(Func<int, string, Answer?>? fault = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new ImageServer(builder.Build()) { Fault = fault };
        server._application.MapPost("/v1/images/generations", server.GenerateAsync);
        server._application.MapGet("/pictures/{prompt}", (string prompt) => Results.Bytes(Picture(Decoded(prompt)), "image/png"));
        server._application.MapGet("/lost", () => Results.NotFound());
        await server._application.StartAsync();
        return server;
    }

    /// <summary>The file that a prompt gives.</summary>
    public static byte[] Picture(string prompt, int side = Side)
    {
        var colours = SHA256.HashData(Encoding.UTF8.GetBytes(prompt));
        var pixels = new byte[3 * side * side];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i / 3 % side, i / 3 / side);
            pixels[i] = colours[(3 * ((2 * (2 * y / side)) + (2 * x / side))) + (i % 3)];
        }

        return ImageEncoder.ToPng(new(side, side, pixels));
    }

    public static Answer Base64(byte[] file) => Json(new { created = 1, data = new[] { new { b64_json = Convert.ToBase64String(file) } } });

    public static Answer Json(object value, int status = 200) => new(status, "application/json", JsonSerializer.SerializeToUtf8Bytes(value));

    public static Answer Failure(int status, string code, string message) => Json(new { error = new { code, message, type = "error", param = (string?)null } }, status);

    /// <summary>Too many requests, with the pause that the service asks for.</summary>
    public static Answer Busy(string retryAfter) => Failure(429, "rate_limit_exceeded", "Too many requests.") with { RetryAfter = retryAfter };

    public static Answer Refused() => Failure(400, "moderation_blocked", "Your request was rejected by the safety system.");

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private static string Decoded(string prompt) => Encoding.UTF8.GetString(Convert.FromHexString(prompt));

    private async Task GenerateAsync(HttpContext context)
    {
        var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        var prompt = (string)JsonNode.Parse(body)!["prompt"]!;
        _requests.Enqueue((prompt, body));
        var number = Interlocked.Increment(ref _number) - 1;
        var answer = Fault?.Invoke(number, prompt);
        if (answer is null)
        {
            Interlocked.Increment(ref _painted);
            answer = prompt.Length % 2 == 0 ? Base64(Picture(prompt)) : ByAddress($"pictures/{Convert.ToHexString(Encoding.UTF8.GetBytes(prompt))}");
        }

        await Task.Delay(answer.Delay, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        (context.Response.StatusCode, context.Response.ContentType) = (answer.Status, answer.ContentType);
        if (answer.RetryAfter is { } pause)
        {
            context.Response.Headers.RetryAfter = pause;
        }

        await context.Response.Body.WriteAsync(answer.Body);
    }

    /// <summary>An answer that names the picture's place on this server.</summary>
    public Answer ByAddress(string path) => Json(new { created = 1, data = new[] { new { url = $"{_application.Urls.Single()}/{path}" } } });

    internal sealed record Answer(int Status, string ContentType, byte[] Body)
    {
        public string? RetryAfter { get; init; }

        public TimeSpan Delay { get; init; }
    }
}
