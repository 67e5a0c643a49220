using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Clients;

/// <summary>What the exception of a service's client says of the service's answer.</summary>
/// <remarks>
/// Each client has exceptions of its own. Those of the OpenAI and Azure libraries have a number <c>Status</c> and give the answer with its
/// headers by <c>GetRawResponse()</c>; they are read by these names, so that no client's package is needed here. Others tell the status in their message.
/// </remarks>
internal static partial class ClientFailure
{
    // Longer than anybody waits, and short enough for a TimeSpan.
    private const double MostSeconds = 1e9;

    /// <summary>The HTTP status; <see langword="null"/> where there was no answer, or none is told.</summary>
    public static int? StatusOf(Exception failure) => (Property(failure, "Status") ?? Property(failure, "StatusCode")) switch
    {
        int number and >= 100 and < 600 => number,
        HttpStatusCode code => (int)code,
        _ => InMessage.Match(failure.Message) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : null,
    };

    /// <summary>Whether asking again cannot help. Too many requests and a time-out of the server pass.</summary>
    public static bool IsFinal(int? status) => status is >= 400 and < 500 and not (408 or 409 or 425 or 429);

    /// <summary>How long the service asks to wait; <see langword="null"/> where it does not say.</summary>
    public static TimeSpan? RetryAfterOf(Exception failure)
    {
        if (Header(failure, "retry-after-ms") is { } milliseconds && double.TryParse(milliseconds, CultureInfo.InvariantCulture, out var count) && count is >= 0 and < MostSeconds)
        {
            return TimeSpan.FromMilliseconds(count);
        }

        // Seconds or a date, RFC 9110 section 10.2.3.
        var text = Header(failure, "Retry-After");
        return double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < MostSeconds ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? TimeSpan.FromTicks(Math.Max(0, (date - DateTimeOffset.UtcNow).Ticks))
            : null;
    }

    private static string? Header(Exception failure, string name)
    {
        var method = failure.GetType().GetMethod("GetRawResponse", Type.EmptyTypes);
        var headers = method?.ReturnType.GetProperty("Headers");
        var find = headers?.PropertyType.GetMethod("TryGetValue", [typeof(string), typeof(string).MakeByRefType()]);
        if (find is null || method!.Invoke(failure, null) is not { } response || headers!.GetValue(response) is not { } values)
        {
            return null;
        }

        object?[] arguments = [name, null];
        return find.Invoke(values, arguments) is true ? (string?)arguments[1] : null;
    }

    private static object? Property(Exception failure, string name) =>
        failure.GetType().GetProperty(name, BindingFlags.Public | BindingFlags.Instance)?.GetValue(failure);

    [GeneratedRegex(@"(?:HTTP|status(?:\s*code)?)\W{0,3}\s*(\d{3})\b", RegexOptions.IgnoreCase)]
    private static partial Regex InMessage { get; }
}
