using Microsoft.Extensions.AI;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Where the sentences come from that the images are generated from.</summary>
/// <remarks>
/// Every prompt that a source returns names every label of the set. A source may be asked from several threads.
/// Generation keeps the answers in the image store, so a source is asked once for each label set.
/// </remarks>
public abstract class PromptSource
{
    /// <summary>What the source is, as kept in the image store: two sources of equal identity may share a store.</summary>
    public abstract string Identity { get; }

    /// <summary>How many prompts a label set gets when the options do not say.</summary>
    public virtual int DefaultPromptsPerSet => 10;

    /// <summary>Prompts from an embedded grammar of views, styles, relations, places and light. Needs no service and repeats exactly.</summary>
    public static PromptSource Templates() => new TemplatePromptSource();

    /// <summary>Prompts from a language model; templates fill what it does not deliver, with a warning.</summary>
    /// <param name="client">Any client of Microsoft.Extensions.AI: OpenAI and compatible servers, Ollama and others. Stays the caller's to dispose.</param>
    /// <param name="options">Number of attempts, time-outs and bounds; <see langword="null"/> for the defaults.</param>
    public static PromptSource Chat(IChatClient client, ChatPromptOptions? options = null) => new ChatPromptSource(client, options ?? new ChatPromptOptions());

    /// <summary>Prompts from text files in the published layout, <c>labelA_labelB.txt</c>, one a line; lines that miss a label are left out. Another source stands in for missing files, with a warning.</summary>
    /// <param name="folder">The folder of the files.</param>
    /// <param name="otherwise">Source for label sets without a file, or without a usable line in it; <see langword="null"/> for templates.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    public static PromptSource Files(string folder, PromptSource? otherwise = null) => new FilePromptSource(folder, otherwise ?? Templates());

    /// <summary>Returns prompts for one label set.</summary>
    /// <param name="request">The labels and how many prompts are wanted.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public abstract Task<PromptBatch> GetAsync(PromptRequest request, CancellationToken cancellationToken = default);
}

/// <summary>A wish for prompts.</summary>
/// <param name="Labels">The labels that every prompt must name; at least one.</param>
/// <param name="Count">How many prompts are wanted, 1 or more.</param>
/// <param name="Names">Other names of labels that count as naming them.</param>
/// <param name="Seed">Chooses among equally good prompts where a source has a choice.</param>
public sealed record PromptRequest(IReadOnlyList<string> Labels, int Count, LabelNames Names, long Seed = 0);

/// <summary>The prompts of one label set, and how they came about.</summary>
/// <param name="Prompts">Distinct prompts that name every label: one or more, and as many as were asked for where the source can make up any number.</param>
/// <param name="FromTemplates">How many of them are templates because the asked source did not deliver enough.</param>
/// <param name="Rejected">How many candidate lines were turned down.</param>
/// <param name="Warnings">What the user should know, empty when all went well.</param>
public sealed record PromptBatch(IReadOnlyList<string> Prompts, int FromTemplates, int Rejected, IReadOnlyList<string> Warnings);
