using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.MLNet.SyntheticData.Prompts.Reading;

namespace ZsMlc.MLNet.Tests.SyntheticData.Prompts.Reading;

/// <summary>Answers after the styles of many models (<c>answers.txt</c>), each with the number of its sentences that are descriptions.</summary>
[TestClass]
public sealed class AnswerReaderTests
{
    private const string Question =
        "Write 4 different one-sentence descriptions of a photograph that shows a dog next to an umbrella. Each has at least 10 words, contains the words \"dog\" and \"umbrella\" literally, and differs from the others in place, viewpoint, light and appearance.";

    public static IEnumerable<object[]> Answers()
    {
        foreach (var part in File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "answers.txt")).Split("=== ", StringSplitOptions.RemoveEmptyEntries))
        {
            var end = part.IndexOf('\n');
            var head = part[..end].Split(" | ");
            yield return [head[0], head[1], int.Parse(head[2]), part[(end + 1)..]];
        }
    }

    [TestMethod]
    [DynamicData(nameof(Answers))]
    public void Candidates_Answer_HoldsSoManyDescriptions(string name, string labels, int expected, string answer)
    {
        var checker = new PromptChecker(labels.Split(','), LabelNames.Default, minimumWords: 10, question: Question);
        var verdicts = AnswerReader.Candidates(answer).Select(line => (Fault: checker.Check(line), Line: line)).ToList();

        Assert.AreEqual(expected, verdicts.Count(v => v.Fault == PromptFault.None), $"{name}:\n{string.Join('\n', verdicts.Select(v => $"{v.Fault}: {v.Line}"))}");
    }

    [TestMethod]
    public void Candidates_AnswerThatTheServiceCut_LosesItsLastSentence() => CollectionAssert.AreEqual(
        new[] { "A dog sleeps." }, AnswerReader.Candidates("A dog sleeps.\nA cat wal", wasCut: true).ToArray());
}
