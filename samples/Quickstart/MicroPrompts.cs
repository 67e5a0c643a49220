using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.Samples.Quickstart;

/// <summary>
/// Sentences in the few words that the micro models were trained on. Any other source of prompts is a class like this one:
/// an identity, and sentences that name every label.
/// </summary>
internal sealed class MicroPrompts : PromptSource
{
    private static readonly string[] s_frames = ["A photo of {0}.", "Photo of {0}.", "A photo of {0}", "Photo of {0}"];
    private static readonly string[] s_joints = [" next to ", " and ", " with "];

    /// <inheritdoc/>
    public override string Identity => "micro/1";

    /// <inheritdoc/>
    public override int DefaultPromptsPerSet => s_frames.Length;

    /// <inheritdoc/>
    public override Task<PromptBatch> GetAsync(PromptRequest request, CancellationToken cancellationToken = default)
    {
        var sentences = s_joints.Select(joint => string.Join(joint, request.Labels.Select(WithArticle)))
            .SelectMany(objects => s_frames.Select(frame => string.Format(null, frame, objects))).Distinct().Take(request.Count).ToList();
        return sentences.Count == request.Count
            ? Task.FromResult(new PromptBatch(sentences, FromTemplates: 0, Rejected: 0, Warnings: []))
            : throw new ArgumentException($"{request.Count} prompts were asked for '{string.Join(" + ", request.Labels)}', but the micro models know only {sentences.Count} sentences for them.");
    }

    private static string WithArticle(string label) => $"{("aeiou".Contains(label[0]) ? "an" : "a")} {label}";
}
