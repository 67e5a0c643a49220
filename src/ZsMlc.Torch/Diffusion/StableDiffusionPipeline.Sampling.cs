using TorchSharp;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion;

public sealed partial class StableDiffusionPipeline
{
    private Scheduler NewScheduler(GenerationOptions options)
    {
        var scheduler = Scheduler.Create(options.Scheduler ?? SchedulerConfig);
        scheduler.SetTimesteps(options.Steps);
        return scheduler;
    }

    /// <summary>
    /// Samples in two stages: every image up to its preview, then those that their previews promise, put together into full
    /// batches. So an image that is given up costs its first steps alone.
    /// </summary>
    private void FinishPromising(List<int> indices, int previewCall, SamplingJob job)
    {
        List<SamplingBatch> judged = [];
        try
        {
            InBatches(indices, job, some =>
            {
                using var scope = NewDisposeScope();
                using var batch = Begin(some, job.Options);
                if (Judge(batch, previewCall, job) is { Count: > 0 } promising)
                {
                    judged.Add(SamplingBatch.Gather([.. promising.Select(row => (batch, row))], NewScheduler(job.Options), job.Options));
                }
            });
            InBatches([.. judged.SelectMany(batch => batch.Indices.Select((_, row) => (batch, row)))], job, some =>
            {
                using var scope = NewDisposeScope();
                using var batch = SamplingBatch.Gather(some, NewScheduler(job.Options), job.Options);
                Finish(batch, job);
            });
        }
        finally
        {
            judged.ForEach(batch => batch.Dispose());
        }
    }

    /// <summary>Images of noise.</summary>
    private SamplingBatch Begin(IReadOnlyList<int> indices, GenerationOptions options)
    {
        using var scope = NewDisposeScope();
        var scheduler = NewScheduler(options);
        List<Generator> generators = [.. indices.Select(i => new Generator((ulong)SamplingJob.SeedOf(i, options), CPU))];
        return new(indices, generators, scheduler, Noise(generators, LatentShape(options)) * scheduler.InitNoiseSigma);
    }

    /// <summary>Goes up to the preview, and lets it be judged.</summary>
    /// <returns>The rows of the images to go on with.</returns>
    private List<int> Judge(SamplingBatch batch, int previewCall, SamplingJob job)
    {
        using var scope = NewDisposeScope();
        var conditioning = ConditioningOf(batch, job);
        while (batch.Call < previewCall)
        {
            Step(batch, conditioning, job);
        }

        var estimate = Step(batch, conditioning, job, estimates: true)!;
        var keep = job.Options.Preview!(PreviewDecoder is { } tiny ? tiny.forward(estimate) : DecodeLatents(estimate, job.Options), batch.Indices);
        if (keep.Count != batch.Indices.Count)
        {
            throw new InvalidOperationException($"{nameof(GenerationOptions.Preview)} answered for {keep.Count} images; expected an answer for each of {batch.Indices.Count}.");
        }

        var (height, width) = SizeOf(job.Options);
        foreach (var index in batch.Indices.Where((_, row) => !keep[row]))
        {
            job.Add(index, width, height, []);
        }

        return [.. Enumerable.Range(0, batch.Indices.Count).Where(row => keep[row])];
    }

    /// <summary>Goes to the end and decodes.</summary>
    private void Finish(SamplingBatch batch, SamplingJob job)
    {
        using var scope = NewDisposeScope();
        var conditioning = ConditioningOf(batch, job);
        while (batch.Call < batch.Scheduler.Timesteps.Count)
        {
            Step(batch, conditioning, job);
        }

        var pixels = ToBytes(DecodeLatents(batch.Latents, job.Options));
        var (height, width) = SizeOf(job.Options);
        for (var k = 0; k < batch.Indices.Count; k++)
        {
            job.Add(batch.Indices[k], width, height, pixels[k].bytes.ToArray());
        }

        job.Report(job.Options.Steps);
    }

    /// <summary>One call of the denoiser and one step of the scheduler.</summary>
    /// <returns>The estimate of the clean latents, where it is wanted.</returns>
    private Tensor? Step(SamplingBatch batch, UnetConditioning conditioning, SamplingJob job, bool estimates = false)
    {
        job.Cancellation.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        var (call, scheduler, latents) = (batch.Call, batch.Scheduler, batch.Latents);
        var calls = scheduler.Timesteps.Count;
        var features = job.Options.FeatureReuse > 0 ? batch.Features : null;
        var output = Predict(
            scheduler.ScaleModelInput(latents, call), scheduler.Timesteps[call], conditioning, job.Options.GuidanceAt(call, calls), features, job.Options.ReusesFeaturesAt(call, calls));
        var estimate = estimates ? scheduler.PredictOriginal(output, call, latents).MoveToOuterDisposeScope() : null;
        batch.Move(scheduler.Step(output, call, latents, () => Noise(batch.Generators, LatentShape(job.Options))));
        job.Report(job.StepOf(call, calls));
        return estimate;
    }

    private UnetConditioning ConditioningOf(SamplingBatch batch, SamplingJob job) => Condition([.. batch.Indices.Select(i => job.Prompts[i])], job.Negative, job.Options);

    private (int Height, int Width) SizeOf(GenerationOptions options) => (options.Height ?? NativeSize, options.Width ?? NativeSize);

    private long[] LatentShape(GenerationOptions options)
    {
        var ((height, width), factor) = (SizeOf(options), Vae.Config.SpatialFactor);
        return [1, Unet.Config.InChannels, height / factor, width / factor];
    }

    /// <summary>Unit noise, a row from each image's own generator, always drawn on the CPU so that every device starts alike.</summary>
    private Tensor Noise(IReadOnlyList<Generator> generators, long[] shape)
    {
        using var scope = NewDisposeScope();
        return cat(generators.Select(g => randn(shape, device: CPU, generator: g)).ToArray(), 0).to(Device).MoveToOuterDisposeScope();
    }
}
