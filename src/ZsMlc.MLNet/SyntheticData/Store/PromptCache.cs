using System.Text;
using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>How to ask for the prompts of a plan.</summary>
/// <param name="Source">Who is asked.</param>
/// <param name="PromptsPerSet">How many prompts a label set has at most, 1 or more; it never gets more than its slots can use.</param>
/// <param name="Names">Other names of labels.</param>
internal sealed record PromptSettings(PromptSource Source, int PromptsPerSet, LabelNames Names);

/// <summary>
/// The prompts of a store, one file a label set in the layout of <see cref="PromptFiles"/>. A source is asked once for each;
/// of several processes that ask at the same time the first to answer wins, and the others take its prompts.
/// </summary>
internal sealed class PromptCache
{
    // A language model answers several requests about as fast as one.
    private const int RequestsAtOnce = 4;

    // Less than the grammar has for one label.
    private const int MostTemplates = 40_000;

    private readonly string folder;
    private readonly GenerationPlan plan;
    private readonly PromptSettings settings;
    private readonly int attempts;

    /// <param name="store">The store.</param>
    /// <param name="plan">The plan whose label sets need prompts.</param>
    /// <param name="settings">Whom to ask.</param>
    /// <param name="attempts">Attempts at a slot: a set never needs more prompts than all attempts at its slots.</param>
    public PromptCache(SyntheticStore store, GenerationPlan plan, PromptSettings settings, int attempts)
    {
        folder = Path.Combine(store.Path, StoreLayout.Prompts);
        (this.plan, this.settings, this.attempts) = (plan, settings, attempts);
    }

    /// <summary>Asks for the prompts of the sets that have none.</summary>
    /// <param name="sets">The sets.</param>
    /// <param name="warn">Told what the user should know; one call at a time.</param>
    /// <param name="completed">Told after each set how many are done; one call at a time.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public async Task FillAsync(IEnumerable<PlannedSet> sets, Action<string>? warn, Action<int>? completed, CancellationToken cancellationToken)
    {
        var gate = new Lock();
        var done = 0;
        await Parallel.ForEachAsync(
            sets,
            new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken },
            async (set, token) =>
            {
                var warnings = Read(set).Count > 0 ? [] : await AskAsync(set, token).ConfigureAwait(false);
                lock (gate)
                {
                    foreach (var warning in warnings)
                    {
                        warn?.Invoke(warning);
                    }

                    completed?.Invoke(++done);
                }
            }).ConfigureAwait(false);
    }

    /// <summary>The prompts of a set; empty before it was filled.</summary>
    public IReadOnlyList<string> Read(PlannedSet set)
    {
        try
        {
            return [.. File.ReadLines(FileOf(set)).Where(line => line.Length > 0)];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>How many of the kept prompts are templates because the source did not deliver enough.</summary>
    /// <remarks>The grammar tells: a model does not write one of its sentences by chance.</remarks>
    public int CountTemplates()
    {
        if (settings.Source is TemplatePromptSource)
        {
            return 0;
        }

        var count = 0;
        foreach (var set in plan.Sets)
        {
            var request = Request(set);
            var templates = PromptGrammar.Generate(request.Labels, (int)Math.Min(2L * request.Count, MostTemplates), request.Seed).ToHashSet(StringComparer.Ordinal);
            count += Read(set).Count(templates.Contains);
        }

        return count;
    }

    private async Task<IReadOnlyList<string>> AskAsync(PlannedSet set, CancellationToken cancellationToken)
    {
        var batch = await settings.Source.GetAsync(Request(set), cancellationToken).ConfigureAwait(false);
        var lines = batch.Prompts.Select(p => p.ReplaceLineEndings(" ").Trim()).Where(p => p.Length > 0).ToList();
        if (lines.Count == 0)
        {
            throw new InvalidOperationException($"The prompt source '{settings.Source.Identity}' gave no prompt for '{string.Join(" + ", set.Labels)}'; expected 1 or more.");
        }

        var path = FileOf(set);
        try
        {
            Directory.CreateDirectory(folder);
            if (!AtomicFile.TryCreate(path, Write) && Read(set).Count == 0)
            {
                // There is a file, but an empty one.
                AtomicFile.Write(path, Write);
            }
        }
        catch (IOException e)
        {
            throw new IOException($"The prompts '{path}' could not be written: {e.Message}", e);
        }

        return batch.Warnings;

        void Write(Stream stream) => stream.Write(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));
    }

    private PromptRequest Request(PlannedSet set)
    {
        var usable = Math.Min(settings.PromptsPerSet, (long)set.Slots * attempts);
        return new PromptRequest(set.Labels, (int)usable, settings.Names, new SampleRandom(plan.Settings.Seed, $"prompts/{PromptFiles.FileName(set.Labels)}").NextSeed());
    }

    private string FileOf(PlannedSet set) => Path.Combine(folder, PromptFiles.FileName(set.Labels));
}
