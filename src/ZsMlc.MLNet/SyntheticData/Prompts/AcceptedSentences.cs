using ZsMlc.MLNet.SyntheticData.Prompts.Reading;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>The usable sentences of a language model's answers for one label set, and why the others are none.</summary>
/// <param name="request">What is wanted.</param>
/// <param name="minimumWords">Fewest words of a sentence.</param>
/// <param name="told">What the model was told, of which no sentence may be an echo.</param>
internal sealed class AcceptedSentences(PromptRequest request, int minimumWords, string told)
{
    private readonly PromptChecker checker = new(request.Labels, request.Names, minimumWords, question: told);
    private readonly List<string> good = [];
    private readonly Dictionary<PromptFault, int> faults = [];

    public IReadOnlyList<string> Good => good;

    public int Missing => Math.Max(0, request.Count - good.Count);

    public int Rejected => faults.Values.Sum();

    /// <summary>"2 usable lines (3 turned down: …)".</summary>
    public string Describe() => $"{good.Count} usable lines ({PromptFaults.Describe(faults)})";

    /// <summary>Takes an answer's sentences as far as they are usable.</summary>
    public void Add(ChatAnswer answer)
    {
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
    }
}
