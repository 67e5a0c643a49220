using Microsoft.Extensions.AI;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>
/// Asks for one to three sentences after examples, each for a scene of the grammar: a task that a model of a billion
/// parameters can do, with a variety that does not hang on it.
/// </summary>
internal static class SceneQuestion
{
    private const string Instructions = "Every note about a photograph is followed by one sentence that describes what can be seen in it.";

    private static readonly (string Note, string Sentence)[] s_examples =
    [
        ("Objects: horse, bicycle. Place: behind a stone farmhouse. Light: on a misty morning. View: side view.",
            "A chestnut horse grazes next to a rusty blue bicycle behind a stone farmhouse on a misty morning."),
        ("Objects: clock. Place: above a subway platform. Light: late in the evening. View: low angle.",
            "A round clock with golden hands glows above a subway platform while two travellers wait."),
        ("Objects: pizza, laptop. Place: on a white desk by the window. Light: at noon. View: from above.",
            "A half-eaten pizza lies beside a silver laptop on a white desk by the window at noon."),
        ("Objects: elephant. Place: at a muddy water hole. Light: under heavy clouds. View: wide-angle photo.",
            "An old elephant with broken tusks drinks at a muddy water hole under heavy clouds."),
        ("Objects: bench, suitcase. Place: on a windy pier. Light: at sunrise. View: magazine photograph.",
            "A wooden bench stands behind a brown leather suitcase on a windy pier at sunrise."),
        ("Objects: giraffe, fence. Place: at the edge of a zoo. Light: in October. View: close-up photo.",
            "A young giraffe bends its neck over a low fence at the edge of a zoo while leaves fall."),
    ];

    /// <summary>The question for some scenes; with a grammar that names every label where <paramref name="constrained"/>.</summary>
    public static ChatQuestion Of(IReadOnlyList<string> labels, IReadOnlyList<PromptScene> scenes, int minimumWords, bool constrained)
    {
        List<ChatMessage> messages = [new(ChatRole.System, Instructions)];
        foreach (var turn in s_examples.Chunk(scenes.Count).Where(turn => turn.Length == scenes.Count).Take(Turns(scenes.Count)))
        {
            messages.Add(new(ChatRole.User, List([.. turn.Select(e => e.Note)])));
            messages.Add(new(ChatRole.Assistant, List([.. turn.Select(e => e.Sentence)])));
        }

        messages.Add(new(ChatRole.User, List([.. scenes.Select(scene => Note(labels, scene))])));
        return new(messages, Grammar: constrained ? SentenceGrammar.Of(labels, scenes, minimumWords) : null);
    }

    /// <summary>All that the model is told besides the notes, whose words its sentences may well use, to know its echo.</summary>
    public static string Text { get; } = $"{Instructions}\n{string.Join('\n', s_examples.Select(e => e.Sentence))}";

    // Four examples are enough to learn the form; a short beginning is soon read.
    private static int Turns(int sentences) => sentences == 1 ? 4 : 2;

    private static string Note(IReadOnlyList<string> labels, PromptScene scene) =>
        $"Objects: {string.Join(", ", labels)}. Place: {scene.Place}. Light: {scene.Light}. View: {View(scene)}.";

    // "A photo taken from above of" → "photo taken from above".
    private static string View(PromptScene scene) => scene.View[(scene.View.IndexOf(' ') + 1)..^" of".Length];

    private static string List(IReadOnlyList<string> lines) =>
        lines.Count == 1 ? lines[0] : string.Join('\n', lines.Select((line, i) => $"{i + 1}. {line}"));
}
