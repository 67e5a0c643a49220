using System.Runtime.CompilerServices;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>
/// The questions for one label set: all sentences at once with a form for the answer where the service keeps to one, otherwise a
/// few sentences a question, each for the next scene of the grammar.
/// </summary>
/// <param name="conversation">Asks.</param>
/// <param name="options">How to ask.</param>
/// <param name="service">What is known of the service.</param>
/// <param name="request">What is wanted.</param>
internal sealed class ChatInterview(ChatConversation conversation, ChatPromptOptions options, ChatService service, PromptRequest request) : IDisposable
{
    /// <summary>Sentences a question for a service that takes no form of answer.</summary>
    private const int FewSentences = 3;

    private readonly IEnumerator<PromptScene> scenes = Endless(request).GetEnumerator();

    /// <summary>All that the model may be told, to know its echo.</summary>
    public string Told { get; } = $"{ListQuestion.Text(request.Labels, request.Count, options.MinimumWords)}\n{SceneQuestion.Text}";

    /// <summary>Asks once, or several short questions, for so many sentences.</summary>
    public async IAsyncEnumerable<ChatAnswer> AskAsync(int sentences, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (options.SentencesPerCall is null && service.KeepsToForms)
        {
            if (await TryAskWithFormAsync(sentences, cancellationToken) is { } answer)
            {
                yield return answer;
                yield break;
            }

            service.KeepsToForms = false;
        }

        var each = options.SentencesPerCall ?? FewSentences;
        for (var asked = 0; asked < sentences; asked += each)
        {
            var drawn = Draw(Math.Min(each, sentences - asked));
            yield return await conversation.AskAsync(SceneQuestion.Of(request.Labels, drawn, options.MinimumWords, options.Grammar), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => scenes.Dispose();

    private async Task<ChatAnswer?> TryAskWithFormAsync(int sentences, CancellationToken cancellationToken)
    {
        try
        {
            return await conversation.AskAsync(ListQuestion.Of(request.Labels, sentences, options.MinimumWords, structured: true), cancellationToken);
        }
        catch (Exception e) when (ChatFailure.IsRefusalOfFormat(e))
        {
            return null;
        }
    }

    private List<PromptScene> Draw(int count)
    {
        List<PromptScene> drawn = [];
        while (drawn.Count < count && scenes.MoveNext())
        {
            drawn.Add(scenes.Current);
        }

        return drawn;
    }

    private static IEnumerable<PromptScene> Endless(PromptRequest request)
    {
        for (var seed = request.Seed; ; seed++)
        {
            foreach (var scene in PromptGrammar.Scenes(request.Labels, seed).Where(scene => scene.Fits(request.Labels)))
            {
                yield return scene;
            }
        }
    }
}
