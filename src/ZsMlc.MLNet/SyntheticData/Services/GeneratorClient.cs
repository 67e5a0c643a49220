using System.Diagnostics.CodeAnalysis;
using System.Drawing;
using Microsoft.Extensions.AI;

namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>Speaks with an <see cref="IImageGenerator"/>: the one place where images of others come in through that abstraction.</summary>
/// <param name="generator">The service's client; stays the caller's.</param>
/// <param name="options">What to ask for.</param>
[Experimental("MEAI001")]
internal sealed class GeneratorClient(IImageGenerator generator, ImageServiceOptions options)
{
    private static readonly Lazy<HttpClient> s_http = new(() => new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan });

    /// <summary>Gets what the images depend on.</summary>
    public ServiceIdentity Identity { get; } = Identify(generator, options);

    /// <summary>Asks once.</summary>
    /// <returns>The image as a file.</returns>
    /// <exception cref="InvalidDataException">The answer holds no image.</exception>
    /// <remarks>Beside that, whatever the client throws.</remarks>
    public async Task<byte[]> AskAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        var response = await generator.GenerateAsync(new(request.Prompt), Options(request), cancellationToken).ConfigureAwait(false);
        foreach (var content in response.Contents)
        {
            switch (content)
            {
                case DataContent data:
                    return data.Data.Length <= options.MaxAnswerBytes ? data.Data.ToArray() : throw TooLong();
                case UriContent { Uri.Scheme: "http" or "https" } link:
                    return await FetchAsync(link.Uri, cancellationToken).ConfigureAwait(false);
            }
        }

        var said = string.Join(' ', response.Contents.Select(c => c switch { ErrorContent e => $"{e.ErrorCode} {e.Message}", TextContent t => t.Text, _ => c.GetType().Name }));
        throw new InvalidDataException($"the answer holds no image{(said.Length > 0 ? $", but: {said}" : "")}");
    }

    private static ServiceIdentity Identify(IImageGenerator generator, ImageServiceOptions options)
    {
        var metadata = generator.GetService<ImageGeneratorMetadata>();
        return new(
            metadata?.ProviderName ?? generator.GetType().Name,
            metadata?.ProviderUri?.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
            options.Model ?? metadata?.DefaultModelId,
            options.Side, options.StoredSide, options.MaxAttempts, options.SeedProperty, options.NegativePromptProperty);
    }

    private ImageGenerationOptions Options(ServiceRequest request)
    {
        AdditionalPropertiesDictionary further = [];
        if (options.SeedProperty is { } seed)
        {
            further[seed] = request.Seed;
        }

        if (options.NegativePromptProperty is { } negative && request.NegativePrompt.Length > 0)
        {
            further[negative] = request.NegativePrompt;
        }

        return new()
        {
            Count = 1,
            ModelId = options.Model,
            ImageSize = options.Side is { } side ? new Size(side, side) : null,
            AdditionalProperties = further,
        };
    }

    // What goes wrong here is no refusal and no wrong key of the service, which may give another address when it is asked again.
    private async Task<byte[]> FetchAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await (options.HttpClient ?? s_http.Value).GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw new InvalidDataException($"the image was answered by an address on {address.Host}, which said {response.ReasonPhrase} ({response.StatusCode:d})");
            }

            await response.Content.LoadIntoBufferAsync(options.MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
            return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded ? TooLong() : new InvalidDataException($"the image was answered by an address on {address.Host}, which could not be read: {e.Message}");
        }
    }

    private InvalidDataException TooLong() => new($"the answer has more than {options.MaxAnswerBytes} bytes ({nameof(ImageServiceOptions)}.{nameof(options.MaxAnswerBytes)})");
}
