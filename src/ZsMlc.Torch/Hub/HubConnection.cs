using System.Net;
using System.Net.Http.Headers;

namespace ZsMlc.Torch.Hub;

/// <summary>Sends requests to the hub: redirects, the token, and another try after a passing fault.</summary>
/// <param name="name">The model that all requests are about.</param>
/// <param name="options">The hub's address and the token.</param>
internal sealed class HubConnection(ModelName name, ModelHubOptions options)
{
    private const int Tries = 5, MaxRedirects = 10;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60), s_longestWait = TimeSpan.FromSeconds(60);

    private static readonly HttpClient s_client = Client();

    /// <summary>Sends a request.</summary>
    /// <param name="method">GET, which follows redirects everywhere, or HEAD, which gives the first answer that leads to another host.</param>
    /// <param name="address">Absolute, or with a slash in front from the hub's address on.</param>
    /// <param name="file">The file that is asked for, for messages, or null for the model itself.</param>
    /// <param name="offset">First byte wanted.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>An answer that is a success, a redirect to another host, or 416; its body is not read yet.</returns>
    /// <exception cref="ModelHubException">The hub refuses or cannot be reached.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, string? file, long offset, CancellationToken cancellationToken)
    {
        var url = address[0] == '/' ? new Uri(options.Endpoint.ToString().TrimEnd('/') + address) : new Uri(address);
        for (var attempt = 1; ; attempt++)
        {
            var wait = TimeSpan.FromSeconds(Math.Pow(2, attempt) / 8);
            try
            {
                var response = await FollowAsync(method, url, offset, cancellationToken).ConfigureAwait(false);
                if (response.IsSuccessStatusCode || Location(response) is not null || response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                {
                    return response;
                }

                using (response)
                {
                    if (attempt == Tries || response.StatusCode is not (HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError))
                    {
                        throw HubErrors.Of(response, name, file, options);
                    }

                    var asked = response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero;
                    wait = asked > s_longestWait ? s_longestWait : asked > wait ? asked : wait;
                }
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                if (attempt == Tries)
                {
                    throw new ModelHubException($"{url.GetLeftPart(UriPartial.Authority)} cannot be reached for {file ?? "the model"} of '{name}': {e.Message}", e);
                }
            }

            await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> FollowAsync(HttpMethod method, Uri url, long offset, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(method, url);
            request.Headers.AcceptEncoding.ParseAdd("identity");
            request.Headers.Range = offset > 0 ? new RangeHeaderValue(offset, null) : null;

            // Whatever host an answer leads to, only the hub itself sees the token.
            if (options.Token is { } token && IsHub(url))
            {
                request.Headers.Authorization = new("Bearer", token);
            }

            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(s_patience);
            var response = await s_client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
            if (Location(response) is not { } location)
            {
                return response;
            }

            var next = new Uri(url, location);
            if (method == HttpMethod.Head && !IsHub(next))
            {
                return response;
            }

            response.Dispose();
            url = redirects < MaxRedirects ? next : throw new ModelHubException($"{options.Endpoint} redirects more than {MaxRedirects} times for '{name}', at last to {next.GetLeftPart(UriPartial.Path)}.");
        }
    }

    private bool IsHub(Uri url) => Uri.Compare(url, options.Endpoint, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static Uri? Location(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect ? response.Headers.Location : null;

    private static HttpClient Client()
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("ZsMlc.Torch");
        return client;
    }
}
