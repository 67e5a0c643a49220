using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Failures of a chat service.</summary>
internal static partial class ChatFailure
{
    /// <summary>
    /// Whether asking again cannot help: the key is wrong, the address or the model does not exist, or the request is not
    /// understood. Clients have exceptions of their own for this, which all tell the status in their message.
    /// </summary>
    public static bool IsFinal(Exception failure) =>
        (failure as HttpRequestException)?.StatusCode is { } status ? IsFinal((int)status)
        : Status().Match(failure.Message) is { Success: true } match && IsFinal(int.Parse(match.Groups[1].Value));

    // Too many requests and a time-out of the server pass.
    private static bool IsFinal(int status) => status is >= 400 and < 500 and not (408 or 409 or 425 or 429);

    [GeneratedRegex(@"(?:HTTP|status(?:\s*code)?)\W{0,3}\s*(\d{3})\b", RegexOptions.IgnoreCase)]
    private static partial Regex Status();
}
