using Microsoft.Extensions.AI;
using ZsMlc.MLNet.SyntheticData.Clients;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Prompts from a language model: asked, cleaned, checked, asked again for what is missing, and filled with templates at the end.</summary>
internal sealed class ChatPromptSource : PromptSource
{
    private readonly ChatConversation conversation;
    private readonly ChatPromptOptions options;
    private readonly ChatService service = new();

    public ChatPromptSource(IChatClient client, ChatPromptOptions options)
    {
        ArgumentNullException.ThrowIfNull(client);
        options.Validate();
        this.options = options;
        conversation = new(client, options);
    }

    public override string Identity =>
        $"chat/3 {options.Model ?? "default model"}, {options.MinimumWords} words{(options.SentencesPerCall is { } each ? $", {each} a call" : "")}{(options.Grammar ? ", grammar" : "")}";

    public override async Task<PromptBatch> GetAsync(PromptRequest request, CancellationToken cancellationToken = default)
    {
        if (service.FailedSets >= options.MaxFailedSets)
        {
            return TemplatePromptSource.Fill(request, [], 0, $"the chat service failed for {options.MaxFailedSets} label sets in a row and is not asked again.");
        }

        using var interview = new ChatInterview(conversation, options, service, request);
        var sentences = new AcceptedSentences(request, options.MinimumWords, interview.Told);
        var answers = 0;
        var reason = "";
        for (var attempt = 0; attempt < options.MaxAttempts && sentences.Missing > 0; attempt++)
        {
            try
            {
                await foreach (var answer in interview.AskAsync(sentences.Missing, cancellationToken))
                {
                    sentences.Add(answer);
                    answers++;
                    reason = $"{answers} answers held only {sentences.Describe()}.{answer.Remark}";
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever the client threw, the service did not answer: the user gets templates and is told why.
                reason = $"the chat service failed: {ChatFailure.Describe(e)}";
                if (ChatFailure.IsFinal(e))
                {
                    break;
                }

                var wait = ClientFailure.RetryAfterOf(e) ?? DelayAfter(attempt);
                if (wait > options.Timeout)
                {
                    reason += $"; it asks to wait {wait.TotalSeconds:0} s (Retry-After), longer than ChatPromptOptions.Timeout";
                    break;
                }

                if (attempt + 1 < options.MaxAttempts)
                {
                    await Task.Delay(wait, cancellationToken);
                }
            }
        }

        service.Note(answered: answers > 0);
        return TemplatePromptSource.Fill(request, sentences.Good, sentences.Rejected, reason);
    }

    private TimeSpan DelayAfter(int attempt) =>
        TimeSpan.FromSeconds(Math.Min(Math.Min(30, options.Timeout.TotalSeconds), options.FirstDelay.TotalSeconds * Math.Pow(2, attempt)));
}
