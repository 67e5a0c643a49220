using TorchSharp;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.MicroModels;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>The micro models and wishes for pictures of two unseen labels each.</summary>
internal sealed class Studio : IDisposable
{
    private readonly StableDiffusionPipeline _pipeline;
    private readonly ClipModel _clip;
    private readonly ClipDiscriminator _judge;
    private readonly IReadOnlyCollection<int>[] _targets;
    private readonly string[] _prompts;
    private readonly BenchmarkOptions _options;

    public Studio(BenchmarkOptions options, int wishes)
    {
        var micro = ZeroShotModels.Micro;
        var labels = micro.Unseen;
        _options = options;
        _pipeline = StableDiffusionPipeline.FromPretrained(micro.Diffusion, options.Device);
        _clip = ClipModel.FromPretrained(micro.Clip, options.Device);
        _judge = new(_clip, labels);
        (int First, int Second)[] pairs = [.. Enumerable.Range(0, labels.Count).SelectMany(i => Enumerable.Range(i + 1, labels.Count - i - 1).Select(k => (i, k)))];
        _targets = [.. Enumerable.Range(0, wishes).Select(i => pairs[i % pairs.Length]).Select(p => new[] { p.First, p.Second })];
        _prompts = [.. _targets.Select(t => $"A photo of a {labels[t.First()]} next to a {labels[t.Last()]}.")];
    }

    public SchedulerConfig Scheduler => _pipeline.SchedulerConfig;

    public int Wishes => _prompts.Length;

    /// <summary>Paints some of the wishes: wish i always from the same noise.</summary>
    /// <param name="sampling">The recipe.</param>
    /// <param name="range">Which wishes.</param>
    /// <param name="previewStep">The step behind which previews are judged; 0 for none.</param>
    /// <param name="threshold">The V below which an image is given up at its preview.</param>
    public Painted Paint(GenerationOptions sampling, Range range, int previewStep = 0, float threshold = 0)
    {
        var (start, count) = range.GetOffsetAndLength(Wishes);
        var (targets, values) = (_targets[range], Enumerable.Repeat(float.NaN, count).ToArray());
        sampling = sampling with { Seeds = [.. Enumerable.Range(start, count).Select(i => 100_000L + i)], BatchSize = 16 };
        if (previewStep > 0)
        {
            sampling = sampling with
            {
                PreviewStep = previewStep,
                Preview = (previews, indices) =>
                {
                    var rows = Values((previews / 2 + 0.5).clamp(0, 1), [.. indices.Select(i => targets[i])]);
                    for (var k = 0; k < rows.Length; k++)
                    {
                        values[indices[k]] = targets[indices[k]].Min(t => rows[k][t]);
                    }

                    return [.. indices.Select(i => values[i] >= threshold)];
                },
            };
        }

        var began = Clock.Seconds;
        var images = _pipeline.GenerateAsync(_prompts[range], options: sampling).GetAwaiter().GetResult();
        var accepted = new bool[count];
        foreach (var batch in images.Where(i => !i.IsAbandoned).Chunk(32))
        {
            using var pixels = cat([.. batch.Select(i => tensor(i.Pixels, [1, i.Height, i.Width, 3]))], 0).permute(0, 3, 1, 2);
            var rows = Values(pixels, [.. batch.Select(i => targets[i.Index])]);
            for (var k = 0; k < batch.Length; k++)
            {
                accepted[batch[k].Index] = KeepRule.Default.Keep(rows[k], targets[batch[k].Index]);
            }
        }

        var givenUp = images.Count(i => i.IsAbandoned);
        var decoded = count - givenUp + (previewStep > 0 ? count : 0);
        return new(accepted, values, givenUp, givenUp * CallsOf(sampling, previewStep) + (count - givenUp) * CallsOf(sampling, sampling.Steps), decoded, Clock.Seconds - began);
    }

    public void Dispose()
    {
        _judge.Dispose();
        _clip.Dispose();
        _pipeline.Dispose();
    }

    /// <summary>Rows of the denoiser for one image up to a step.</summary>
    private long CallsOf(GenerationOptions sampling, int steps)
    {
        using var scheduler = Torch.Diffusion.Schedulers.Scheduler.Create(sampling.Scheduler ?? Scheduler);
        scheduler.SetTimesteps(sampling.Steps);
        var calls = scheduler.Timesteps.Count;
        return Enumerable.Range(0, calls).TakeWhile(i => i * sampling.Steps < steps * calls).Sum(i => _pipeline.UsesGuidance(sampling.GuidanceAt(i, calls)) ? 2L : 1L);
    }

    private float[][] Values(Tensor images, List<IReadOnlyCollection<int>> targets)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return [.. _judge.Judge(images, _judge.Targets(targets)).cpu().contiguous().data<float>().ToArray().Chunk(_judge.Labels.Count)];
    }
}
