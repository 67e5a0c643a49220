using System.Text.Json;
using ZsMlc.MLNet.SyntheticData.Clients;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Failures of a chat service.</summary>
internal static class ChatFailure
{
    private const int MostCharacters = 200;

    /// <summary>
    /// Whether asking again cannot help: the key is wrong, the address or the model does not exist, or the request is not
    /// understood.
    /// </summary>
    public static bool IsFinal(Exception failure) => ClientFailure.IsFinal(ClientFailure.StatusOf(failure));

    /// <summary>Whether the service, or its client, does not take the form of answer that was asked for.</summary>
    public static bool IsRefusalOfFormat(Exception failure) =>
        failure is NotSupportedException or NotImplementedException || ClientFailure.StatusOf(failure) is 400 or 415 or 422 or 501;

    /// <summary>The failure in a line: what it means, and what the client said.</summary>
    public static string Describe(Exception failure)
    {
        var text = failure.Message.ReplaceLineEndings(" ");
        return $"{Meaning(failure)}{failure.GetType().Name}: {(text.Length <= MostCharacters ? text : text[..MostCharacters] + "…")}";
    }

    private static string Meaning(Exception failure) => ClientFailure.StatusOf(failure) switch
    {
        401 or 403 => "the service does not accept the key or its rights; ",
        404 => "the service knows no such address or model; ",
        429 => "the service asks for fewer questions; ",
        >= 500 => "the service has trouble of its own; ",
        _ => failure is JsonException && failure.Message.Contains("'<'", StringComparison.Ordinal) ? "a web page came in place of an answer; " : "",
    };
}
