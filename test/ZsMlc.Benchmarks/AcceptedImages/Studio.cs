using TorchSharp;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.MicroModels;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
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
    private readonly Kept _kept;

    /// <param name="options">Where the models run.</param>
    /// <param name="kept">Keeps what was painted.</param>
    /// <param name="wishes">Number of wishes.</param>
    /// <param name="encoder">File of a tuned text encoder, or <see langword="null"/>.</param>
    public Studio(BenchmarkOptions options, Kept kept, int wishes, string? encoder)
    {
        var micro = ZeroShotModels.Micro;
        (_options, _kept) = (options, kept);
        _pipeline = StableDiffusionPipeline.FromPretrained(micro.Diffusion, options.Device);
        Price = new(_pipeline);
        if (encoder is not null)
        {
            _pipeline.LoadTextEncoder(encoder);
        }

        _clip = ClipModel.FromPretrained(micro.Clip, options.Device);
        _judge = new(_clip, micro.Unseen);
        var pairs = Enumerable.Range(0, wishes).Select(Wishes.Pair).ToList();
        _targets = [.. pairs.Select(p => p.Select(label => micro.Unseen.ToList().IndexOf(label)).ToArray())];
        _prompts = [.. pairs.Select(Wishes.Sentence)];
    }

    /// <summary>Gets what images cost.</summary>
    public Price Price { get; }

    /// <summary>Gets the number of wishes.</summary>
    public int Count => _prompts.Length;

    /// <summary>Paints some of the wishes: wish i always from the same noise.</summary>
    /// <param name="source">How.</param>
    /// <param name="range">Which wishes.</param>
    public Painted Paint(Source source, Range range)
    {
        var (start, count) = range.GetOffsetAndLength(Count);
        return _kept.Get(new { source.Identity, start, count }, () => Paint(source, start, count));
    }

    public void Dispose()
    {
        _judge.Dispose();
        _clip.Dispose();
        _pipeline.Dispose();
    }

    private Painted Paint(Source source, int start, int count)
    {
        var range = start..(start + count);
        var (targets, values) = (_targets[range], Enumerable.Repeat(float.NaN, count).ToArray());
        var sampling = source.Sampling with { Seeds = [.. Enumerable.Range(start, count).Select(i => 100_000L + i)], BatchSize = 16 };
        if (source.PreviewStep > 0)
        {
            sampling = sampling with
            {
                PreviewStep = source.PreviewStep,
                Preview = (previews, indices) =>
                {
                    var rows = Values((previews / 2 + 0.5).clamp(0, 1), [.. indices.Select(i => targets[i])]);
                    for (var k = 0; k < rows.Length; k++)
                    {
                        values[indices[k]] = targets[indices[k]].Min(t => rows[k][t]);
                    }

                    return [.. indices.Select(i => values[i] >= source.Threshold)];
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
        var decoded = count - givenUp + (source.PreviewStep > 0 ? count : 0);
        return new(accepted, values, givenUp, givenUp * Price.Of(sampling, source.PreviewStep) + (count - givenUp) * Price.Of(sampling, sampling.Steps), decoded, Clock.Seconds - began);
    }

    private float[][] Values(Tensor images, List<IReadOnlyCollection<int>> targets)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return [.. _judge.Judge(images, _judge.Targets(targets)).cpu().contiguous().data<float>().ToArray().Chunk(_judge.Labels.Count)];
    }
}
