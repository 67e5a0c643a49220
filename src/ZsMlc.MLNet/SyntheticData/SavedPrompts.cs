using System.Text.Json;
using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>The prompts that a model's images were made from, by the names of their files, so that it can make them again without asking anybody.</summary>
internal sealed class SavedPrompts
{
    private readonly string _identity;
    private readonly Dictionary<string, IReadOnlyList<string>> _prompts;

    private SavedPrompts(string identity, Dictionary<string, IReadOnlyList<string>> prompts) => (_identity, _prompts) = (identity, prompts);

    /// <summary>Takes the prompts of a plan; templates need not be kept.</summary>
    public static SavedPrompts Of(PromptSource source, GenerationPlan plan, Func<PlannedSet, IReadOnlyList<string>> prompts) =>
        new(source.Identity, source is TemplatePromptSource ? [] : plan.Sets.ToDictionary(s => PromptFiles.FileName(s.Labels), prompts, StringComparer.Ordinal));

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="CheckpointFormatException">The stream is damaged.</exception>
    public static SavedPrompts Read(Stream stream, string identity)
    {
        using MemoryStream whole = new();
        stream.CopyTo(whole);
        try
        {
            var prompts = JsonSerializer.Deserialize<Dictionary<string, IReadOnlyList<string>>>(whole.ToArray()) ?? [];
            return prompts.Values.All(lines => lines is not null && lines.All(line => line is not null))
                ? new(identity, prompts)
                : throw new JsonException("a prompt is null.");
        }
        catch (JsonException e)
        {
            throw new CheckpointFormatException("the prompts in the model file", $"they are damaged: {e.Message}", e);
        }
    }

    public void Write(Stream stream) => JsonSerializer.Serialize(stream, _prompts);

    /// <summary>A source that gives the same prompts again.</summary>
    public PromptSource Source()
    {
        var templates = PromptSource.Templates();
        return templates.Identity == _identity ? templates : new Again(_identity, _prompts);
    }

    private sealed class Again(string identity, Dictionary<string, IReadOnlyList<string>> prompts) : PromptSource
    {
        public override string Identity => identity;

        // A shard's model has the prompts of its shard alone.
        public override Task<PromptBatch> GetAsync(PromptRequest request, CancellationToken cancellationToken = default) =>
            prompts.GetValueOrDefault(PromptFiles.FileName(request.Labels)) is { Count: > 0 } lines
                ? Task.FromResult(new PromptBatch(lines, 0, 0, []))
                : throw new InvalidOperationException($"The model has no prompts for '{string.Join(" + ", request.Labels)}': it was fitted as one of several shards. Fit again with the prompt source.");
    }
}
