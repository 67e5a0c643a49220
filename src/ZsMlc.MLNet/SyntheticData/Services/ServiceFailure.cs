using System.Text.RegularExpressions;
using ZsMlc.MLNet.SyntheticData.Clients;

namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>What a client's exception says about the service.</summary>
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
        var status = all.Select(ClientFailure.StatusOf).FirstOrDefault(s => s is not null);
        var message = string.Join(": ", all.Where(e => e is not AggregateException).Select(e => e.Message.ReplaceLineEndings(" ").Trim()).Distinct());
        var mayRefuse = status is null or 400 or 403 or 422 or 451;
        return new(status, all.Select(ClientFailure.RetryAfterOf).FirstOrDefault(t => t is not null), message.Length <= LongestMessage ? message : message[..LongestMessage] + "…")
        {
            IsRefusal = mayRefuse && Refusal.IsMatch(message),
            IsFinal = ClientFailure.IsFinal(status) || NoMoney.IsMatch(message)
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

    // OpenAI: content_policy_violation, moderation_blocked; Azure: content_filter, ResponsibleAIPolicyViolation; others: content_moderation, "safety system", NSFW.
    [GeneratedRegex(@"content[ _-]?(?:policy|filter|moderation)|moderat(?:ion|ed)|safety[ _-](?:system|filter)|ResponsibleAI|prohibited[ _-]content|\bnsfw\b", RegexOptions.IgnoreCase)]
    private static partial Regex Refusal { get; }

    // OpenAI sends the first with status 429.
    [GeneratedRegex("insufficient_quota|billing_hard_limit", RegexOptions.IgnoreCase)]
    private static partial Regex NoMoney { get; }
}
