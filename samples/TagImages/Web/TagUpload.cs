using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using ZsMlc.MLNet.Images;

namespace ZsMlc.Samples.TagImages.Web;

/// <summary>Answers an upload with the tags of the picture.</summary>
internal sealed class TagUpload(Tagger tagger, TagServerOptions options)
{
    private static readonly string[] MediaTypes = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp"];

    private readonly ImageReadOptions _reading = new() { MaximumPixels = options.MaximumPixels };

    // Uploads arrive side by side, but only one picture at a time is decoded and scored. A place is taken when an upload is
    // complete, so that slow clients hold none.
    private readonly ConcurrencyLimiter _turn = new(new() { PermitLimit = 1, QueueLimit = options.MaximumWaiting - 1, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    public async Task<IResult> AnswerAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var mediaType = request.ContentType?.Split(';')[0].Trim() ?? "";
        if (!MediaTypes.Contains(mediaType, StringComparer.OrdinalIgnoreCase))
        {
            return Fault(StatusCodes.Status415UnsupportedMediaType, $"Send the picture itself as {string.Join(", ", MediaTypes)}; this came as '{mediaType}'.");
        }

        try
        {
            using var content = new MemoryStream();
            await request.Body.CopyToAsync(content, cancellationToken);
            content.Position = 0;
            using var turn = await _turn.AcquireAsync(1, cancellationToken);
            return turn.IsAcquired ? Tag(content) : Fault(StatusCodes.Status503ServiceUnavailable, $"{options.MaximumWaiting} uploads are waiting already. Try again later.");
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Fault(error.StatusCode, $"The picture is larger than {options.MaximumUpload / (1024.0 * 1024):0.##} MiB.");
        }
        catch (BadHttpRequestException error)
        {
            return Fault(error.StatusCode, error.Message);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The client is gone: nobody reads the answer.
            return Results.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
    }

    private IResult Tag(MemoryStream content)
    {
        if (content.Length == 0)
        {
            return Fault(StatusCodes.Status400BadRequest, "The request has no content.");
        }

        try
        {
            using var image = ImageReader.Read(content, "upload", _reading);
            return Results.Ok(new { width = image.Width, height = image.Height, tags = tagger.Tag(image, options.Top, options.Threshold) });
        }
        catch (ImageReadException error)
        {
            return Fault(StatusCodes.Status400BadRequest, $"The picture cannot be read: {error.Reason}");
        }
    }

    private static IResult Fault(int status, string detail) => Results.Problem(detail, statusCode: status);
}
