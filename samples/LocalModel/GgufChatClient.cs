using System.Runtime.CompilerServices;
using LLama;
using LLama.Common;
using LLama.Native;
using LLama.Sampling;
using Microsoft.Extensions.AI;

namespace ZsMlc.Samples.LocalModel;

/// <summary>
/// A language model in a GGUF file as a chat client, on the CPU and without a server. What a question has in common with the
/// one before it (instructions, examples) is not read again. Answers one question at a time.
/// </summary>
/// <remarks>
/// <c>ChatOptions.AdditionalProperties["grammar"]</c> may hold a GBNF grammar with a rule <c>root</c>; the answer then obeys it.
/// </remarks>
public sealed class GgufChatClient : IChatClient
{
    private const int BatchSize = 512;
    private const int DefaultMaxTokens = 512;

    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly LLamaWeights weights;
    private readonly LLamaContext context;
    private readonly List<LLamaToken> read = [];
    private readonly uint seed;
    private uint answers;

    static GgufChatClient() => NativeLogConfig.llama_log_set((LLamaLogLevel _, string _) => { });

    /// <summary>Loads a model.</summary>
    /// <param name="path">The GGUF file.</param>
    /// <param name="threads">Threads to compute with, 1 or more; <see langword="null"/> for one a processor.</param>
    /// <param name="contextSize">Most tokens of question and answer together. Default 2,048.</param>
    /// <param name="seed">Seed of the sampling. Default 0.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no GGUF model that can be loaded.</exception>
    public GgufChatClient(string path, int? threads = null, int contextSize = 2048, int seed = 0)
    {
        CheckFile(path);
        this.seed = (uint)seed;
        var parameters = new ModelParams(path)
        {
            ContextSize = (uint)contextSize,
            BatchSize = BatchSize,
            Threads = threads ?? Environment.ProcessorCount,
            BatchThreads = threads ?? Environment.ProcessorCount,
            GpuLayerCount = 0,
        };
        try
        {
            weights = LLamaWeights.LoadFromFile(parameters);
            context = weights.CreateContext(parameters);
        }
        catch (Exception e) when (e is LLama.Exceptions.LoadWeightsFailedException or LLama.Exceptions.RuntimeError)
        {
            weights?.Dispose();
            throw new InvalidDataException($"'{path}' cannot be loaded as a language model: {e.Message}", e);
        }
    }

    /// <summary>Gets how many tokens all answers had so far.</summary>
    public long TokensWritten { get; private set; }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            var question = context.Tokenize(ChatText.Of(messages, weights), addBos: true, special: true);
            var most = Math.Min(options?.MaxOutputTokens ?? DefaultMaxTokens, (int)context.ContextSize - question.Length);
            if (most <= 0)
            {
                throw new ArgumentException($"The question has {question.Length} tokens; question and answer may have {context.ContextSize} together.", nameof(messages));
            }

            using var sampler = Sampler(options);
            var decoder = new StreamingTokenDecoder(context);
            var index = await ReadAsync(question, cancellationToken);
            for (var written = 0; written < most; written++)
            {
                var token = sampler.Sample(context.NativeHandle, index);
                if (token.IsEndOfGeneration(weights.Vocab))
                {
                    yield return End(ChatFinishReason.Stop);
                    yield break;
                }

                TokensWritten++;
                decoder.Add(token);
                yield return new(ChatRole.Assistant, decoder.Read());
                index = await ReadAsync([.. read, token], cancellationToken);
            }

            yield return End(ChatFinishReason.Length);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        context.Dispose();
        weights.Dispose();
        turn.Dispose();
    }

    private static ChatResponseUpdate End(ChatFinishReason reason) => new() { Role = ChatRole.Assistant, FinishReason = reason };

    /// <summary>Reads what is new in the text, and returns where the logits of its last token stand.</summary>
    private async Task<int> ReadAsync(IReadOnlyList<LLamaToken> text, CancellationToken cancellationToken)
    {
        // The last token is always read anew: its logits are wanted.
        var known = read.Zip(text).TakeWhile(p => p.First == p.Second).Count();
        known = Math.Min(known, text.Count - 1);
        if (known < read.Count)
        {
            context.NativeHandle.MemorySequenceRemove(LLamaSeqId.Zero, known, -1);
            read.RemoveRange(known, read.Count - known);
        }

        var batch = new LLamaBatch();
        while (read.Count < text.Count)
        {
            batch.Clear();
            for (var i = read.Count; i < text.Count && batch.TokenCount < BatchSize; i++)
            {
                batch.Add(text[i], i, LLamaSeqId.Zero, logits: i == text.Count - 1);
            }

            if (await context.DecodeAsync(batch, cancellationToken) is var result && result != DecodeResult.Ok)
            {
                throw new InvalidOperationException($"The model could not read {batch.TokenCount} tokens: {result}.");
            }

            read.AddRange(text.Skip(read.Count).Take(batch.TokenCount));
        }

        return batch.TokenCount - 1;
    }

    private DefaultSamplingPipeline Sampler(ChatOptions? options) => new()
    {
        Temperature = options?.Temperature ?? 0.8f,
        TopP = options?.TopP ?? 0.95f,
        TopK = options?.TopK ?? 40,
        RepeatPenalty = 1,
        Seed = (uint?)options?.Seed ?? seed + answers++,
        Grammar = options?.AdditionalProperties?.TryGetValue("grammar", out string? grammar) == true && grammar is not null ? new Grammar(grammar, "root") : null,
    };

    private static void CheckFile(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no language model '{path}'.", path);
        }

        var magic = new byte[4];
        using var file = File.OpenRead(path);
        if (file.ReadAtLeast(magic, 4, throwOnEndOfStream: false) < 4 || !magic.AsSpan().SequenceEqual("GGUF"u8))
        {
            throw new InvalidDataException($"'{path}' is no language model: a GGUF file begins with 'GGUF'.");
        }
    }
}
