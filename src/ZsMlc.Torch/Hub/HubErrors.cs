using System.Net;

namespace ZsMlc.Torch.Hub;

/// <summary>What the hub's refusals mean, in plain words.</summary>
internal static class HubErrors
{
    /// <summary>The exception for an answer that is no success.</summary>
    /// <param name="response">The answer; its header <c>X-Error-Code</c> says most.</param>
    /// <param name="name">The model that was asked for.</param>
    /// <param name="what">The file, or null for the model itself.</param>
    /// <param name="options">The hub, and whether there is a token.</param>
    public static ModelHubException Of(HttpResponseMessage response, ModelName name, string? what, ModelHubOptions options)
    {
        var said = Header(response, "X-Error-Message") is { Length: > 0 } message ? $" The hub says: {message}" : "";
        var token = options.Token is null ? "set HF_TOKEN to a token that may read it" : "the token that was given (HF_TOKEN) may not read it";
        var page = $"{options.Endpoint.ToString().TrimEnd('/')}/{name.Id}";
        return new((Header(response, "X-Error-Code"), response.StatusCode) switch
        {
            ("RepoNotFound", _) or (null, HttpStatusCode.Unauthorized) =>
                $"{options.Endpoint} has no model '{name.Id}', or it is private. Check the spelling; for a private model, {token}.{said}",
            ("RevisionNotFound", _) => $"The model '{name.Id}' has no revision '{name.Revision}'. Its branches and tags are listed at {page}/tree/main.{said}",
            ("EntryNotFound", _) => $"The model '{name}' has no file '{what}'.{said}",
            ("GatedRepo", _) => $"The model '{name.Id}' is gated: accept its terms at {page}; then {token}.{said}",
            var (code, status) => $"{response.RequestMessage?.RequestUri?.GetLeftPart(UriPartial.Path)} answered {(int)status} {status}{(code is null ? "" : $" ({code})")} for {what ?? "the model"} of '{name}'.{said}",
        });
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.First() : null;
}
