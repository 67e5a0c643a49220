using ZsMlc.MLNet.SyntheticData.Services;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Has images made by a service and judges each as it comes. The judge is opened at the first call.</summary>
/// <param name="identity">The service's name.</param>
/// <param name="service">The service, or <see langword="null"/> where only its name is known.</param>
/// <param name="options">The judge.</param>
/// <param name="tools">What the judge has to be and where it runs.</param>
internal sealed class ServiceSlotGenerator(ServiceIdentity identity, ImageService? service, SyntheticUnseenDataOptions options, GenerationTools tools) : ISlotGenerator
{
    private ImageJudge? _judge;

    /// <inheritdoc/>
    public bool DependsOnGroup => false;

    /// <inheritdoc/>
    public IEnumerable<IReadOnlyList<(int Index, SlotOutcome Outcome)>> Generate(IReadOnlyList<SlotAttempt> group, CancellationToken cancellationToken)
    {
        var asked = service ?? throw new InvalidOperationException(
            $"Images are missing in the store {options.StorePath}, and the model file cannot hold the service that made them ({identity}). Put the store back, or fit again with {nameof(ImageSource)}.{nameof(ImageSource.Generator)}.");
        Open();
        using var everything = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var begin = CancellationTokenSource.CreateLinkedTokenSource(everything.Token);

        // On pool threads, which have no synchronization context that a client could come back to.
        var requests = group.Select((wish, i) => Task.Run(async () =>
            (i, await asked.AskAsync(new(wish.Prompt, options.NegativePrompt, wish.Seed), begin.Token, everything.Token).ConfigureAwait(false)))).ToList();
        try
        {
            Task? failed = null;
            foreach (var request in Task.WhenEach(requests).ToBlockingEnumerable(CancellationToken.None))
            {
                if (request.IsCompletedSuccessfully)
                {
                    var (i, answer) = request.Result;
                    yield return [(i, Judged(group[i], answer))];
                }
                else
                {
                    // What is under way is paid for, and is recorded when it comes; nothing more is asked.
                    failed ??= request;
                    begin.Cancel();
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
            failed?.GetAwaiter().GetResult();
        }
        finally
        {
            everything.Cancel();
            ((Task)Task.WhenAll(requests)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _judge?.Dispose();

    private SlotOutcome Judged(SlotAttempt wish, ServiceAnswer answer)
    {
        var outcome = (_judge?.Judge([answer.Image], [wish.Labels]) ?? ImageJudge.TakeAll([answer.Image], [wish.Labels], options.Hierarchy))[0];
        return outcome with { Model = identity.ModelName, Refusal = answer.Refusal };
    }

    private void Open()
    {
        if (_judge is null)
        {
            tools.Models.Check(options);
            _judge = ImageJudge.Open(options, tools.Device);
        }
    }
}
