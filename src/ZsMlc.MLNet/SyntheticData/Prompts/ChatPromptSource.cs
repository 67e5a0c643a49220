using System.Text;
using Microsoft.Extensions.AI;
using ZsMlc.MLNet.SyntheticData.Prompts.Reading;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Prompts from a language model: asked, cleaned, checked, asked again for what is missing, and filled with templates at the end.</summary>
internal sealed class ChatPromptSource : PromptSource
{
    private const string Instructions =
        "You write captions of photographs. Answer with captions only: one sentence a line, without numbering, quotation marks, headings or remarks.";

    private readonly IChatClient client;
    private readonly ChatPromptOptions options;
    private int failedSets;

    public ChatPromptSource(IChatClient client, ChatPromptOptions options)
    {
        ArgumentNullException.ThrowIfNull(client);
        options.Validate();
        this.client = client;
        this.options = options;
    }

    public override string Identity => $"chat/2 {options.Model ?? "default model"}, {options.MinimumWords} words";

    public override async Task<PromptBatch> GetAsync(PromptRequest request, CancellationToken cancellationToken = default)
    {
        if (Volatile.Read(ref failedSets) >= options.MaxFailedSets)
        {
            return TemplatePromptSource.Fill(request, [], 0, $"the chat service failed for {options.MaxFailedSets} label sets in a row and is not asked again.");
        }

        var checker = new PromptChecker(request.Labels, request.Names, options.MinimumWords, question: $"{Instructions} {Question(request.Labels, request.Count)}");
        var good = new List<string>();
        var faults = new Dictionary<PromptFault, int>();
        var answered = false;
        var reason = "";
        for (var attempt = 0; attempt < options.MaxAttempts && good.Count < request.Count; attempt++)
        {
            try
            {
                var answer = await AskAsync(request.Labels, request.Count - good.Count, cancellationToken);
                foreach (var line in AnswerReader.Candidates(answer.Text, answer.WasCut))
                {
                    if (checker.Check(line) is var fault && fault != PromptFault.None)
                    {
                        faults[fault] = faults.GetValueOrDefault(fault) + 1;
                    }
                    else
                    {
                        good.Add(line);
                    }
                }

                answered = true;
                reason = $"{attempt + 1} answers held only {good.Count} usable lines ({PromptFaults.Describe(faults)}).{answer.Remark}";
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever the client threw, the service did not answer: the user gets templates and is told why.
                reason = $"the chat service failed: {Describe(e)}";
                if (ChatFailure.IsFinal(e))
                {
                    break;
                }

                if (attempt + 1 < options.MaxAttempts)
                {
                    await Task.Delay(DelayAfter(attempt), cancellationToken);
                }
            }
        }

        if (answered)
        {
            Volatile.Write(ref failedSets, 0);
        }
        else
        {
            Interlocked.Increment(ref failedSets);
        }

        return TemplatePromptSource.Fill(request, [.. good.Take(request.Count)], faults.Values.Sum(), reason);
    }

    private async Task<ChatAnswer> AskAsync(IReadOnlyList<string> labels, int count, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.Timeout);
        try
        {
            ChatMessage[] messages = [new(ChatRole.System, Instructions), new(ChatRole.User, Question(labels, count))];
            var chat = new ChatOptions
            {
                ModelId = options.Model,
                Temperature = options.Temperature,
                MaxOutputTokens = options.MaxOutputTokens,
            };
            if (!options.Streaming)
            {
                var response = await client.GetResponseAsync(messages, chat, timeout.Token);
                var text = response.Text;
                return new(text.Length <= options.MaxAnswerCharacters ? text : text[..options.MaxAnswerCharacters], response.FinishReason);
            }

            var answer = new StringBuilder();
            ChatFinishReason? reason = null;
            await foreach (var update in client.GetStreamingResponseAsync(messages, chat, timeout.Token))
            {
                answer.Append(update.Text);
                reason = update.FinishReason ?? reason;
                if (answer.Length >= options.MaxAnswerCharacters)
                {
                    answer.Length = options.MaxAnswerCharacters;
                    break;
                }
            }

            return new(answer.ToString(), reason);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {options.Timeout.TotalSeconds:0.###} s (ChatPromptOptions.Timeout)", e);
        }
    }

    private string Question(IReadOnlyList<string> labels, int count)
    {
        var scene = string.Join(" next to ", labels.Select(label => NounForms.WithArticle(label)));
        var names = string.Join(" and ", labels.Select(label => $"\"{label}\""));
        return $"Write {count} different one-sentence descriptions of a photograph that shows {scene}. "
            + $"Each has at least {options.MinimumWords} words, contains the {(labels.Count == 1 ? "word" : "words")} {names} literally, "
            + "and differs from the others in place, viewpoint, light and appearance.";
    }

    private TimeSpan DelayAfter(int attempt) =>
        TimeSpan.FromSeconds(Math.Min(30, options.FirstDelay.TotalSeconds * Math.Pow(2, attempt)));

    private static string Describe(Exception e)
    {
        var text = e.Message.ReplaceLineEndings(" ");
        return $"{e.GetType().Name}: {(text.Length <= 200 ? text : text[..200] + "…")}";
    }
}
