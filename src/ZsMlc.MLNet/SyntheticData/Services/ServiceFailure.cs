using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>What a client's exception says about the service.</summary>
/// <remarks>
/// Each client has exceptions of its own. Those of the OpenAI and Azure libraries have a number <c>Status</c> and give the answer with its
/// headers by <c>GetRawResponse()</c>; they are read by these names, so that no client's package is needed here. Others tell the status in their message.
/// </remarks>
/// <param name="Status">The HTTP status; <see langword="null"/> where there was no answer.</param>
/// <param name="RetryAfter">How long the service asks to wait.</param>
/// <param name="Message">What was said, in one line.</param>
internal sealed partial record ServiceFailure(int? Status, TimeSpan? RetryAfter, string Message)
{
    private const int LongestMessage = 300;

    /// <summary>Gets whether a content filter did not want to make this image; another prompt may do.</summary>
    public bool IsRefusal { get; private init; }

    /// <summary>Gets whether asking again cannot help: the key is wrong, the address or the model does not exist, the money is used up, or the request is not understood.</summary>
    public bool IsFinal { get; private init; }

    /// <summary>Reads an exception.</summary>
    public static ServiceFailure Of(Exception exception)
    {
        var all = Flatten(exception).ToList();
        var status = all.Select(StatusOf).FirstOrDefault(s => s is not null);
        var message = string.Join(": ", all.Where(e => e is not AggregateException).Select(e => e.Message.ReplaceLineEndings(" ").Trim()).Distinct());
        var mayRefuse = status is null or 400 or 403 or 422 or 451;
        return new(status, all.Select(RetryAfterOf).FirstOrDefault(t => t is not null), message.Length <= LongestMessage ? message : message[..LongestMessage] + "…")
        {
            IsRefusal = mayRefuse && Refusal.IsMatch(message),
            IsFinal = (status is >= 400 and < 500 and not (408 or 409 or 425 or 429)) || NoMoney.IsMatch(message)
                || (status is null && exception is ArgumentException or NotSupportedException or ObjectDisposedException),
        };
    }

    private static IEnumerable<Exception> Flatten(Exception exception)
    {
        yield return exception;
        var inner = exception is AggregateException several ? several.InnerExceptions.Reverse() : exception.InnerException is { } one ? [one] : [];
        foreach (var deeper in inner.SelectMany(Flatten))
        {
            yield return deeper;
        }
    }

    private static int? StatusOf(Exception exception) => (Property(exception, "Status") ?? Property(exception, "StatusCode")) switch
    {
        int number and >= 100 and < 600 => number,
        HttpStatusCode code => (int)code,
        _ => InMessage.Match(exception.Message) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : null,
    };

    private static TimeSpan? RetryAfterOf(Exception exception)
    {
        if (Header(exception, "retry-after-ms") is { } milliseconds && double.TryParse(milliseconds, CultureInfo.InvariantCulture, out var count) && count is >= 0 and < 1e9)
        {
            return TimeSpan.FromMilliseconds(count);
        }

        // Seconds or a date, RFC 9110 section 10.2.3.
        var text = Header(exception, "Retry-After");
        return double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 1e6 ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? TimeSpan.FromTicks(Math.Max(0, (date - DateTimeOffset.UtcNow).Ticks))
            : null;
    }

    private static string? Header(Exception exception, string name)
    {
        var method = exception.GetType().GetMethod("GetRawResponse", Type.EmptyTypes);
        var headers = method?.ReturnType.GetProperty("Headers");
        var find = headers?.PropertyType.GetMethod("TryGetValue", [typeof(string), typeof(string).MakeByRefType()]);
        if (find is null || method!.Invoke(exception, null) is not { } response || headers!.GetValue(response) is not { } values)
        {
            return null;
        }

        object?[] arguments = [name, null];
        return find.Invoke(values, arguments) is true ? (string?)arguments[1] : null;
    }

    private static object? Property(Exception exception, string name) =>
        exception.GetType().GetProperty(name, BindingFlags.Public | BindingFlags.Instance)?.GetValue(exception);

    [GeneratedRegex(@"(?:HTTP|status(?:\s*code)?)\W{0,3}\s*(\d{3})\b", RegexOptions.IgnoreCase)]
    private static partial Regex InMessage { get; }

    // OpenAI: content_policy_violation, moderation_blocked; Azure: content_filter, ResponsibleAIPolicyViolation; others: content_moderation, "safety system", NSFW.
    [GeneratedRegex(@"content[ _-]?(?:policy|filter|moderation)|moderat(?:ion|ed)|safety[ _-](?:system|filter)|ResponsibleAI|prohibited[ _-]content|\bnsfw\b", RegexOptions.IgnoreCase)]
    private static partial Regex Refusal { get; }

    // OpenAI sends the first with status 429.
    [GeneratedRegex("insufficient_quota|billing_hard_limit", RegexOptions.IgnoreCase)]
    private static partial Regex NoMoney { get; }
}
