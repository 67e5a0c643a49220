using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// Shows a Hugging Face CLIP checkpoint under OpenAI's names: queries, keys and values joined, projections transposed.
/// </summary>
internal sealed class HuggingFaceClipCheckpoint : ICheckpoint
{
    private readonly ICheckpoint _inner;
    private readonly Dictionary<string, string[]> _sources = [];

    public HuggingFaceClipCheckpoint(ICheckpoint inner)
    {
        _inner = inner;
        var names = inner.Names.Where(n => !n.EndsWith("position_ids", StringComparison.Ordinal)).ToHashSet();
        foreach (var query in names.Where(n => n.Contains(HuggingFaceNames.Projections[0], StringComparison.Ordinal)).ToList())
        {
            var parts = HuggingFaceNames.Projections.Select(p => query.Replace(HuggingFaceNames.Projections[0], p, StringComparison.Ordinal)).ToArray();

            // What cannot be joined keeps its name, so that the loader's list of differences shows it.
            if (parts.All(names.Contains) && parts.All(p => inner.Info(p).Shape.SequenceEqual(inner.Info(query).Shape) && inner.Info(p).DType == inner.Info(query).DType))
            {
                _sources[HuggingFaceNames.ToOpenAI(query).Replace(HuggingFaceNames.Projections[0], HuggingFaceNames.JointProjection, StringComparison.Ordinal)] = parts;
                names.ExceptWith(parts);
            }
        }

        foreach (var name in names)
        {
            _sources[HuggingFaceNames.ToOpenAI(name)] = [name];
        }
    }

    public string Source => _inner.Source;

    public IReadOnlyCollection<string> Names => _sources.Keys;

    public TensorInfo Info(string name)
    {
        var parts = Parts(name);
        var info = _inner.Info(parts[0]);
        return parts.Length > 1 ? info with { Shape = [info.Shape[0] * parts.Length, .. info.Shape[1..]] }
            : IsTransposed(name, info) ? info with { Shape = [info.Shape[1], info.Shape[0]] }
            : info;
    }

    public Tensor Read(string name)
    {
        using var scope = NewDisposeScope();
        var parts = Parts(name).Select(_inner.Read).ToArray();
        var tensor = parts.Length > 1 ? cat(parts, 0) : IsTransposed(name, _inner.Info(Parts(name)[0])) ? parts[0].t() : parts[0];
        return tensor.MoveToOuterDisposeScope();
    }

    public void Dispose() => _inner.Dispose();

    private static bool IsTransposed(string name, TensorInfo info) => HuggingFaceNames.IsTransposed(name) && info.Shape.Length == 2;

    private string[] Parts(string name) =>
        _sources.TryGetValue(name, out var parts) ? parts : throw new KeyNotFoundException($"{Source} has no tensor for '{name}'.");
}
