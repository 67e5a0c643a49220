using ZsMlc.MicroModels;
using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>What pictures are asked to show: the sentences that the micro diffusion model knows.</summary>
internal sealed class Wishes : PromptSource
{
    private static readonly (string First, string Second)[] s_pairs =
        [.. ZeroShotModels.Micro.Unseen.SelectMany((first, i) => ZeroShotModels.Micro.Unseen.Skip(i + 1).Select(second => (first, second)))];

    public override string Identity => "A photo of a cup next to a dog.";

    public override int DefaultPromptsPerSet => 1;

    /// <summary>Two unseen labels: every pair in turn.</summary>
    public static IReadOnlyList<string> Pair(int wish) => [s_pairs[wish % s_pairs.Length].First, s_pairs[wish % s_pairs.Length].Second];

    /// <summary>The sentence for some labels.</summary>
    public static string Sentence(IReadOnlyList<string> labels) => $"A photo of a {string.Join(" next to a ", labels)}.";

    public override Task<PromptBatch> GetAsync(PromptRequest request, CancellationToken cancellationToken = default) =>
        Task.FromResult(new PromptBatch([Sentence(request.Labels)], 0, 0, []));
}
