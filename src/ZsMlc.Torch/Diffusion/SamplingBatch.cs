using ZsMlc.Torch.Diffusion.Schedulers;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion;

/// <summary>Images on their way from noise to clean latents, all equally far. Owns its tensors and its scheduler.</summary>
/// <param name="indices">The images' indices among the prompts.</param>
/// <param name="generators">The source of each image's noise.</param>
/// <param name="scheduler">A scheduler of its own.</param>
/// <param name="latents">A row an image; taken over.</param>
internal sealed class SamplingBatch(IReadOnlyList<int> indices, IReadOnlyList<Generator> generators, Scheduler scheduler, Tensor latents) : IDisposable
{
    private Tensor _latents = latents.DetachFromDisposeScope();

    public IReadOnlyList<int> Indices => indices;

    public IReadOnlyList<Generator> Generators => generators;

    public Scheduler Scheduler => scheduler;

    public Tensor Latents => _latents;

    /// <summary>What the next calls of the network may take over.</summary>
    public DeepFeatures Features { get; } = new();

    /// <summary>The next call of the network, from 0.</summary>
    public int Call { get; private set; }

    /// <summary>Goes on to the next call.</summary>
    /// <param name="next">The latents behind the step; taken over.</param>
    public void Move(Tensor next)
    {
        _latents.Dispose();
        _latents = next.DetachFromDisposeScope();
        Call++;
    }

    /// <summary>Puts images of several batches together, with what their schedulers remember of them.</summary>
    /// <param name="images">Batches that are equally far, and rows in them; the batches stay as they are.</param>
    /// <param name="scheduler">A new scheduler of the same settings.</param>
    /// <param name="options">Tell whether the next call takes features over; else they are left behind, which are far larger than latents.</param>
    public static SamplingBatch Gather(IReadOnlyList<(SamplingBatch Batch, int Row)> images, Scheduler scheduler, GenerationOptions options)
    {
        scheduler.Gather([.. images.Select(i => (i.Batch.Scheduler, i.Row))]);
        var gathered = new SamplingBatch(
            [.. images.Select(i => i.Batch.Indices[i.Row])],
            [.. images.Select(i => i.Batch.Generators[i.Row])],
            scheduler,
            cat([.. images.Select(i => i.Batch.Latents.narrow(0, i.Row, 1))], 0))
        {
            Call = images[0].Batch.Call,
        };
        try
        {
            if (options.ReusesFeaturesAt(gathered.Call, scheduler.Timesteps.Count))
            {
                gathered.Features.Gather([.. images.Select(i => (i.Batch.Features, i.Row))]);
            }

            return gathered;
        }
        catch
        {
            gathered.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _latents.Dispose();
        Features.Dispose();
        scheduler.Dispose();
    }
}
