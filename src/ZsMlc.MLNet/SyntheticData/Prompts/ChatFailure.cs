using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Failures of a chat service.</summary>
internal static partial class ChatFailure
{
    private const int MostCharacters = 200;

    /// <summary>
    /// Whether asking again cannot help: the key is wrong, the address or the model does not exist, or the request is not
    /// understood.
    /// </summary>
    public static bool IsFinal(Exception failure) => StatusOf(failure) is { } status && IsFinal(status);

    /// <summary>Whether the service, or its client, does not take the form of answer that was asked for.</summary>
    public static bool IsRefusalOfFormat(Exception failure) =>
        failure is NotSupportedException or NotImplementedException || StatusOf(failure) is 400 or 415 or 422 or 501;

    /// <summary>How long the service asks to wait, <see langword="null"/> where it does not say.</summary>
    public static TimeSpan? RetryAfter(Exception failure)
    {
        var text = Header(failure, "Retry-After");
        return double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 1e9 ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) ? Max(time - DateTimeOffset.UtcNow, TimeSpan.Zero)
            : null;
    }

    /// <summary>The failure in a line: what it means, and what the client said.</summary>
    public static string Describe(Exception failure)
    {
        var text = failure.Message.ReplaceLineEndings(" ");
        return $"{Meaning(failure)}{failure.GetType().Name}: {(text.Length <= MostCharacters ? text : text[..MostCharacters] + "…")}";
    }

    private static string Meaning(Exception failure) => StatusOf(failure) switch
    {
        401 or 403 => "the service does not accept the key or its rights; ",
        404 => "the service knows no such address or model; ",
        429 => "the service asks for fewer questions; ",
        >= 500 => "the service has trouble of its own; ",
        _ => failure is JsonException && failure.Message.Contains("'<'", StringComparison.Ordinal) ? "a web page came in place of an answer; " : "",
    };

    // Too many requests and a time-out of the server pass.
    private static bool IsFinal(int status) => status is >= 400 and < 500 and not (408 or 409 or 425 or 429);

    // Clients have exceptions of their own, which all tell the status in their message.
    private static int? StatusOf(Exception failure) =>
        (failure as HttpRequestException)?.StatusCode is { } status ? (int)status
        : Status().Match(failure.Message) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : null;

    /// <summary>A header of the response that a client's exception carries; the clients' packages are not referenced here.</summary>
    private static string? Header(Exception failure, string name)
    {
        var response = failure.GetType().GetMethod("GetRawResponse", Type.EmptyTypes)?.Invoke(failure, null);
        var headers = response?.GetType().GetProperty("Headers", BindingFlags.Public | BindingFlags.Instance)?.GetValue(response);
        object?[] arguments = [name, null];
        return headers?.GetType().GetMethod("TryGetValue", [typeof(string), typeof(string).MakeByRefType()])?.Invoke(headers, arguments) is true ? (string?)arguments[1] : null;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    [GeneratedRegex(@"(?:HTTP|status(?:\s*code)?)\W{0,3}\s*(\d{3})\b", RegexOptions.IgnoreCase)]
    private static partial Regex Status();
}
