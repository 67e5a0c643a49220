using Microsoft.Extensions.AI;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>What a language model said, and why it ended.</summary>
internal sealed record ChatAnswer(string Text, ChatFinishReason? Reason)
{
    /// <summary>Gets whether the service ended the answer before the model did.</summary>
    public bool WasCut => Reason == ChatFinishReason.Length || Reason == ChatFinishReason.ContentFilter;

    /// <summary>Gets what the user should know about the end, with a blank in front; empty for an ordinary one.</summary>
    public string Remark =>
        Reason == ChatFinishReason.Length ? $" The last answer reached its limit of tokens (ChatPromptOptions.MaxOutputTokens){(Text.Trim().Length == 0 ? " before anything was said: a model that thinks first needs more" : "")}."
        : Reason == ChatFinishReason.ContentFilter ? " The service's content filter ended the last answer."
        : Reason == ChatFinishReason.ToolCalls ? " The model asked for a tool instead of answering; none is offered."
        : Reason is { } other && other != ChatFinishReason.Stop && other.Value.Length > 0 ? $" The last answer ended for the reason '{other.Value}'."
        : Text.Trim().Length == 0 ? " The last answer was empty."
        : "";
}
