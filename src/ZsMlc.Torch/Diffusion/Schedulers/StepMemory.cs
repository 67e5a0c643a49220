using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>The latest tensors of a run that a sampler needs in later steps. It owns them: the caller's scopes do not free them.</summary>
/// <param name="capacity">The number of tensors kept; the oldest is freed when another comes.</param>
internal sealed class StepMemory(int capacity) : IDisposable
{
    private readonly List<Tensor> _tensors = [];

    public int Count => _tensors.Count;

    /// <summary>Gets a tensor; the last is the latest.</summary>
    public Tensor this[Index index] => _tensors[index];

    /// <summary>Keeps a tensor, with its place in the graph of gradients.</summary>
    public void Add(Tensor tensor)
    {
        _tensors.Add(tensor.alias().DetachFromDisposeScope());
        if (_tensors.Count > capacity)
        {
            _tensors[0].Dispose();
            _tensors.RemoveAt(0);
        }
    }

    /// <summary>Takes over the rows of images of several runs, one behind the other; each run has kept as many tensors.</summary>
    public void Gather(IReadOnlyList<(StepMemory Run, int Row)> images)
    {
        Clear();
        for (var k = 0; k < images[0].Run.Count; k++)
        {
            using var rows = cat([.. images.Select(i => i.Run[k].narrow(0, i.Row, 1))], 0);
            Add(rows);
        }
    }

    /// <summary>Frees everything.</summary>
    public void Clear()
    {
        _tensors.ForEach(t => t.Dispose());
        _tensors.Clear();
    }

    public void Dispose() => Clear();
}
