using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>What a run needs to go on after an interruption, and the best weights so far.</summary>
internal sealed class TrainingState : IDisposable
{
    private const string Learnt = "learnt.", Best = "best.", Velocity = "velocity.";
    private const string BestEpochName = "best_epoch", SkippedName = "skipped", LossesName = "losses", ScoresName = "scores";

    private readonly FusionClassifier _classifier;
    private readonly MomentumSgd _sgd;
    private readonly string _fingerprint;
    private Dictionary<string, Tensor> _best = [];

    public TrainingState(FusionClassifier classifier, MomentumSgd sgd, string fingerprint) =>
        (_classifier, _sgd, _fingerprint) = (classifier, sgd, fingerprint);

    public List<double> Losses { get; private set; } = [];

    public List<double> Scores { get; private set; } = [];

    public int BestEpoch { get; private set; }

    public int Skipped { get; set; }

    /// <summary>Remembers the current weights as the best.</summary>
    public void KeepBest()
    {
        Free(_best);
        BestEpoch = Losses.Count;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        _best = State().ToDictionary(s => s.Key, s => s.Value.detach().clone().DetachFromDisposeScope());
    }

    /// <summary>Puts the best weights back into the classifier.</summary>
    public void RestoreBest() => CopyTo(_best);

    public void Save(string path) => RunCheckpoint.Write(
        path,
        _fingerprint,
        Prefixed(Learnt, State()).Concat(Prefixed(Best, _best)).Concat(Prefixed(Velocity, _sgd.Velocity)),
        new Dictionary<string, int> { [BestEpochName] = BestEpoch, [SkippedName] = Skipped },
        new Dictionary<string, List<double>> { [LossesName] = Losses, [ScoresName] = Scores });

    /// <summary>Takes up an interrupted run; a file of another run is refused, and one that is damaged changes nothing.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="epochs">Epochs of the whole run.</param>
    /// <exception cref="CheckpointFormatException">The file is damaged.</exception>
    /// <exception cref="InvalidOperationException">The file belongs to another run.</exception>
    public void Load(string path, int epochs)
    {
        using var scope = NewDisposeScope();
        using var file = RunCheckpoint.Open(path, _fingerprint, "a run with other labels, options or rows");
        var losses = file.Curve(LossesName, 1, epochs);
        var scores = file.Curve(ScoresName, 0, losses.Count);
        if (scores.Count != 0 && scores.Count != losses.Count)
        {
            throw file.Wrong($"'{ScoresName}' has {scores.Count} values and '{LossesName}' {losses.Count}; expected as many, or no score.");
        }

        var (best, skipped) = (file.Counter(BestEpochName, losses.Count), file.Counter(SkippedName, int.MaxValue));
        var learnt = file.Tensors(Learnt, State());
        var bestTensors = best == 0 ? [] : file.Tensors(Best, State());

        // Without a single step there is no momentum yet.
        var velocity = file.Has(Velocity) ? file.Tensors(Velocity, _sgd.Parameters) : [];
        file.CheckNothingIsLeft();

        (Losses, Scores, BestEpoch, Skipped) = (losses, scores, best, skipped);
        CopyTo(learnt);
        Free(_best);
        _best = bestTensors.ToDictionary(t => t.Key, t => t.Value.DetachFromDisposeScope());
        _sgd.Restore(velocity);
    }

    public void Dispose() => Free(_best);

    private Dictionary<string, Tensor> State() => _classifier.state_dict()
        .Where(s => s.Key.StartsWith("prompt_learner.", StringComparison.Ordinal) || s.Key.Contains(".global_branch.", StringComparison.Ordinal))
        .ToDictionary(s => s.Key, s => s.Value);

    private void CopyTo(Dictionary<string, Tensor> values)
    {
        using var noGrad = no_grad();
        foreach (var (name, tensor) in State())
        {
            tensor.copy_(values[name]);
        }
    }

    private static IEnumerable<KeyValuePair<string, Tensor>> Prefixed(string prefix, IEnumerable<KeyValuePair<string, Tensor>> tensors) =>
        tensors.Select(t => KeyValuePair.Create(prefix + t.Key, t.Value));

    private static void Free(Dictionary<string, Tensor> tensors)
    {
        foreach (var tensor in tensors.Values)
        {
            tensor.Dispose();
        }
    }
}
