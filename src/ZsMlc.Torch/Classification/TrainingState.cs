using System.Globalization;
using System.Text.Json;
using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>What a run needs to go on after an interruption, and the best weights so far.</summary>
internal sealed class TrainingState : IDisposable
{
    private const string Learnt = "learnt.", Best = "best.", Velocity = "velocity.";

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

    public void Save(string path)
    {
        Dictionary<string, string> metadata = new()
        {
            ["fingerprint"] = _fingerprint,
            ["best_epoch"] = BestEpoch.ToString(CultureInfo.InvariantCulture),
            ["skipped"] = Skipped.ToString(CultureInfo.InvariantCulture),
            ["losses"] = JsonSerializer.Serialize(Losses),
            ["scores"] = JsonSerializer.Serialize(Scores),
        };
        SafetensorsWriter.Write(
            path,
            Prefixed(Learnt, State()).Concat(Prefixed(Best, _best)).Concat(Prefixed(Velocity, _sgd.Velocity)),
            metadata);
    }

    /// <summary>Takes up an interrupted run; a file of another run is refused.</summary>
    public void Load(string path)
    {
        using var file = SafetensorsFile.Open(path);
        if (file.Metadata.GetValueOrDefault("fingerprint") != _fingerprint)
        {
            throw new InvalidOperationException($"The checkpoint {path} belongs to a run with other labels, options or rows. Delete it or choose another CheckpointPath.");
        }

        Losses = JsonSerializer.Deserialize<List<double>>(file.Metadata["losses"])!;
        Scores = JsonSerializer.Deserialize<List<double>>(file.Metadata["scores"])!;
        BestEpoch = int.Parse(file.Metadata["best_epoch"], CultureInfo.InvariantCulture);
        Skipped = int.Parse(file.Metadata["skipped"], CultureInfo.InvariantCulture);
        Dictionary<string, Tensor> Part(string prefix) => file.Names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(n => n[prefix.Length..], n => file.Read(n).DetachFromDisposeScope());
        var learnt = Part(Learnt);
        CopyTo(learnt);
        Free(learnt);
        Free(_best);
        _best = Part(Best);
        _sgd.Restore(file, Velocity);
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
