using Microsoft.Extensions.AI;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>What a language model said, and why it ended.</summary>
/// <param name="Text">What came, empty where nothing did.</param>
/// <param name="Reason">The reason that the service gives.</param>
/// <param name="Failure">What ended an answer that had begun; otherwise null.</param>
internal sealed record ChatAnswer(string Text, ChatFinishReason? Reason, Exception? Failure = null)
{
    /// <summary>Gets whether something ended the answer before the model did.</summary>
    public bool WasCut => Failure is not null || Reason == ChatFinishReason.Length || Reason == ChatFinishReason.ContentFilter;

    /// <summary>Gets what the user should know about the end, with a blank in front; empty for an ordinary one.</summary>
    public string Remark =>
        Failure is not null ? $" The last answer broke off: {ChatFailure.Describe(Failure)}."
        : Reason == ChatFinishReason.Length ? $" The last answer reached its limit of tokens (ChatPromptOptions.MaxOutputTokens){(IsEmpty ? " before anything was said: a model that thinks first needs more" : "")}."
        : Reason == ChatFinishReason.ContentFilter ? " The service's content filter ended the last answer."
        : Reason == ChatFinishReason.ToolCalls ? " The model asked for a tool instead of answering; none is offered."
        : Reason is { } other && other != ChatFinishReason.Stop && other.Value.Length > 0 ? $" The last answer ended for the reason '{other.Value}'."
        : !IsEmpty ? ""
        : Reason == ChatFinishReason.Stop ? " The last answer was empty."
        : " The last answer held nothing that a model said: an error or a web page in its place, or a service that speaks another protocol.";

    private bool IsEmpty => string.IsNullOrWhiteSpace(Text);
}
