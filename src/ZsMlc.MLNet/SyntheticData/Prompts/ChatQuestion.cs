using Microsoft.Extensions.AI;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>One question to a language model.</summary>
/// <param name="Messages">Instructions, examples and the question itself.</param>
/// <param name="Format">The form of the answer, for services that hold a model to one; otherwise null.</param>
/// <param name="Grammar">A GBNF grammar of the answer, for clients that decode under one; otherwise null.</param>
internal sealed record ChatQuestion(IReadOnlyList<ChatMessage> Messages, ChatResponseFormat? Format = null, string? Grammar = null);
