using System.Text;
using Microsoft.Extensions.AI;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Asks one question within the options' bounds of time, tokens and characters.</summary>
internal sealed class ChatConversation(IChatClient client, ChatPromptOptions options)
{
    /// <summary>The answer, or what came of it before something went wrong.</summary>
    /// <exception cref="TimeoutException">Nothing came in time.</exception>
    public async Task<ChatAnswer> AskAsync(ChatQuestion question, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.Timeout);
        var text = new StringBuilder();
        try
        {
            return options.Streaming ? await StreamAsync(question, text, timeout.Token) : await WholeAsync(question, timeout.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            return Kept(text, new TimeoutException($"no answer within {options.Timeout.TotalSeconds:0.###} s (ChatPromptOptions.Timeout)", e));
        }
        catch (Exception e) when (e is not OperationCanceledException && text.Length > 0)
        {
            return Kept(text, e);
        }
    }

    private async Task<ChatAnswer> WholeAsync(ChatQuestion question, CancellationToken cancellationToken)
    {
        var response = await client.GetResponseAsync(question.Messages, Options(question), cancellationToken);
        var text = response.Text;
        return new(text.Length <= options.MaxAnswerCharacters ? text : text[..options.MaxAnswerCharacters], response.FinishReason);
    }

    private async Task<ChatAnswer> StreamAsync(ChatQuestion question, StringBuilder text, CancellationToken cancellationToken)
    {
        ChatFinishReason? reason = null;
        await foreach (var update in client.GetStreamingResponseAsync(question.Messages, Options(question), cancellationToken))
        {
            text.Append(update.Text);
            reason = update.FinishReason ?? reason;
            if (text.Length >= options.MaxAnswerCharacters)
            {
                text.Length = options.MaxAnswerCharacters;
                break;
            }
        }

        return new(text.ToString(), reason);
    }

    private ChatOptions Options(ChatQuestion question) => new()
    {
        ModelId = options.Model,
        Temperature = options.Temperature,
        MaxOutputTokens = options.MaxOutputTokens,
        ResponseFormat = question.Format,
        AdditionalProperties = question.Grammar is null ? null : new() { ["grammar"] = question.Grammar },
    };

    private static ChatAnswer Kept(StringBuilder text, Exception failure) =>
        text.Length > 0 ? new(text.ToString(), null, failure) : throw failure;
}
