using ZsMlc.Torch.Diffusion.Schedulers;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion;

/// <summary>What the last whole call of the denoiser computed below its outermost level, for the calls behind it (<see cref="GenerationOptions.FeatureReuse"/>).</summary>
internal sealed class DeepFeatures : IDisposable
{
    // A row an image; under guidance the negative prompt's rows, then the images'.
    private readonly StepMemory _halves = new(capacity: 2);

    /// <summary>Keeps the features of a whole call.</summary>
    /// <param name="rows">A row for each row of the call.</param>
    /// <param name="guided">Whether the first half belongs to the negative prompt.</param>
    public void Keep(Tensor rows, bool guided)
    {
        using var scope = NewDisposeScope();
        _halves.Clear();
        foreach (var half in rows.chunk(guided ? 2 : 1, 0))
        {
            _halves.Add(half);
        }
    }

    /// <summary>The rows of the last whole call; without guidance the images' alone.</summary>
    /// <param name="guided">Whether the call is guided; then the whole call was so too.</param>
    public Tensor Recall(bool guided) => guided ? cat([_halves[0], _halves[1]], 0) : _halves[^1].alias();

    /// <summary>Takes over the rows of images of several batches, whose last whole calls were the same.</summary>
    public void Gather(IReadOnlyList<(DeepFeatures Batch, int Row)> images) => _halves.Gather([.. images.Select(i => (i.Batch._halves, i.Row))]);

    public void Dispose() => _halves.Dispose();
}
