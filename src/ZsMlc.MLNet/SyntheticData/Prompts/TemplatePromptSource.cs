namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Prompts from the embedded grammar.</summary>
internal sealed class TemplatePromptSource : PromptSource
{
    public override string Identity => "templates/1";

    public override int DefaultPromptsPerSet => 200;

    public override Task<PromptBatch> GetAsync(PromptRequest request, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(new PromptBatch(PromptGrammar.Generate(request.Labels, request.Count, request.Seed), 0, 0, []));
    }

    /// <summary>Fills up to the wanted count with templates that are not among <paramref name="prompts"/> yet.</summary>
    public static PromptBatch Fill(PromptRequest request, IReadOnlyCollection<string> prompts, int rejected, string reason)
    {
        var kept = prompts.Take(request.Count).ToList();
        var missing = request.Count - kept.Count;
        if (missing == 0)
        {
            return new PromptBatch(kept, 0, rejected, []);
        }

        var known = kept.ToHashSet(StringComparer.OrdinalIgnoreCase);
        kept.AddRange(PromptGrammar.Generate(request.Labels, request.Count + kept.Count, request.Seed).Where(p => !known.Contains(p)).Take(missing));
        return new PromptBatch(kept, missing, rejected,
            [$"Prompts for '{string.Join(" + ", request.Labels)}': {missing} of {request.Count} are templates, because {reason}"]);
    }
}
