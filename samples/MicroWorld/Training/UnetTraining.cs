using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace MicroWorld.Training;

/// <summary>
/// Trains the micro UNet and its text encoder together on latents of captioned scenes: v-prediction, zero terminal SNR, one in ten
/// captions dropped. The network computes in bfloat16 on float32 master weights; in float32 on x64 processors
/// without AVX-512, which only emulate bfloat16.
/// </summary>
internal sealed class UnetTraining(TrainingOptions options)
{
    private const int Batch = 64;

    private static readonly ScalarType s_type = X86Base.IsSupported && !Avx512BW.VL.IsSupported ? ScalarType.Float32 : ScalarType.BFloat16;

    private int CorpusSize => options.CorpusSize;

    /// <summary>
    /// The corpus of the generator: all styles, the labelled set's most often, the labels that it is asked for, and objects that stand
    /// as upright as most photographers hold their cameras, looking the way they were drawn. With the full rotations a network this
    /// small learns no shape of any animal, and with mirrored ones it draws a dog that looks both ways and has two tails and no head.
    /// </summary>
    public static WebCorpus Corpus(int seed) => new((ulong)seed + 200)
    {
        StyleWeights = [12, 1, 1, 0.5, 0.5],
        MaxAngle = 8 * Math.PI / 180,
        Mirrored = 0,
        CountWeights = [0.45, 0.55, 0],
        PartialCaptions = 0.1,
        NamedStyles = 0.85,
        Labels = [.. WorldLabels.Unseen.Select(l => (l, 1.0))],
    };

    /// <summary>
    /// The architecture of the micro denoiser, 5.9 million parameters: a narrow level at 16 × 16, the work at 8 × 8 and 4 × 4.
    /// </summary>
    public static UNet2DConditionModel CreateUnet()
    {
        return new UNet2DConditionModel(new UnetConfig
        {
            SampleSize = 16,
            BlockOutChannels = [32, 96, 144],
            LayersPerBlock = 1,
            DownBlockTypes = ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
            UpBlockTypes = ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
            CrossAttentionDim = 128,
            AttentionHeadDim = 4,
            UseLinearProjection = true,
            NormNumGroups = 16,
        });
    }

    /// <summary>The architecture of the denoiser's text encoder, 0.5 million parameters.</summary>
    public static ClipTextEncoder CreateTextEncoder(ClipTokenizer tokenizer) => new(new TextEncoderConfig
    {
        VocabSize = tokenizer.VocabularySize,
        HiddenSize = 128,
        IntermediateSize = 512,
        NumHiddenLayers = 2,
        NumAttentionHeads = 4,
        MaxPositionEmbeddings = 16,
    });

    /// <summary>The sampler that fits <see cref="NoiseSchedule"/>.</summary>
    public static SchedulerConfig Sampler { get; } = new()
    {
        ClassName = "DDIMScheduler",
        BetaStart = NoiseSchedule.FirstBeta,
        BetaEnd = NoiseSchedule.LastBeta,
        PredictionType = "v_prediction",
        TimestepSpacing = "trailing",
        RescaleBetasZeroSnr = true,
    };

    /// <summary>The weights that are trained, under names that tell the two networks apart.</summary>
    public static IEnumerable<(string Name, Parameter Value)> Parameters(UNet2DConditionModel unet, ClipTextEncoder text) =>
        unet.named_parameters().Select(p => ("unet/" + p.name, p.parameter))
            .Concat(text.named_parameters().Select(p => ("text/" + p.name, p.parameter)));

    /// <summary>Trains to the last step, from the checkpoint where there is one.</summary>
    /// <param name="vae">The trained autoencoder.</param>
    /// <param name="unet">The denoiser; it is turned to the type that is computed in.</param>
    /// <param name="text">The text encoder.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    public void Run(AutoencoderKL vae, UNet2DConditionModel unet, ClipTextEncoder text, ClipTokenizer tokenizer)
    {
        unet.to(s_type);
        var corpus = Corpus(options.Seed);
        var optimizer = new AveragedAdamW(Parameters(unet, text), [], weightDecay: 0.01, decay: 0.998, beta2: 0.99);
        var saved = CheckpointFile.Load(options.Checkpoint, optimizer.State());
        var done = (int)(saved?["step"] ?? 0);
        var seconds = saved?["seconds"] ?? 0;
        if (saved is not null)
        {
            optimizer.Resume(done);
        }

        options.Report("encoding the corpus");
        var (latents, scale) = EncodeCorpus(corpus, vae);
        options.Report(string.Create(CultureInfo.InvariantCulture, $"{CorpusSize} latents, scaling factor {scale:F5}"));
        var signal = NoiseSchedule.Signal();
        var clock = Stopwatch.StartNew();
        var (lastSave, average) = (0.0, 0.0);
        var captions = Enumerable.Range(0, CorpusSize).Select(i => corpus[i].Caption).ToArray();
        for (; done < options.Last; done++)
        {
            using var scope = NewDisposeScope();
            options.SeedStep(done);
            var draws = new WorldRandom((ulong)options.Seed + 300, (ulong)done);
            var rows = randint(0, CorpusSize, [Batch], ScalarType.Int64);
            var texts = rows.data<long>().ToArray().Select(r => draws.Chance(0.1) ? "" : captions[r]).ToArray();
            var clean = latents.index_select(0, rows).to(ScalarType.Float32);
            var times = ((arange(Batch) + rand(Batch)) * (NoiseSchedule.Steps / (double)Batch)).floor().to(ScalarType.Int64).clamp(0, NoiseSchedule.Steps - 1);
            var kept = signal.index_select(0, times).reshape(Batch, 1, 1, 1);
            var noise = randn_like(clean);
            var noisy = kept.sqrt() * clean + (1 - kept).sqrt() * noise;
            var velocity = kept.sqrt() * noise - (1 - kept).sqrt() * clean;
            var states = text.forward(tokenizer.Tokenize(texts, text.Config.MaxPositionEmbeddings, tokenizer.EndId));
            var predicted = unet.forward(noisy.to(s_type), times, states.to(s_type)).to(ScalarType.Float32);
            var errors = (predicted - velocity).square().mean([1, 2, 3]);
            var loss = (errors * (5 * (1 - kept.flatten())).clamp_max(1)).mean();
            loss.backward();
            var norm = optimizer.Step(options.LearningRate(done), maxNorm: 1);
            average = average == 0 ? loss.ToDouble() : 0.99 * average + 0.01 * loss.ToDouble();
            if (done % 50 == 0)
            {
                options.Report(string.Create(CultureInfo.InvariantCulture,
                    $"unet step {done}/{options.Steps} loss {average:F4} norm {norm:F2} {(seconds + clock.Elapsed.TotalSeconds) / (done + 1):F2} s/step"));
            }

            if (clock.Elapsed.TotalSeconds - lastSave > 300 || done + 1 == options.Last)
            {
                lastSave = clock.Elapsed.TotalSeconds;
                CheckpointFile.Save(
                    options.Checkpoint,
                    new Dictionary<string, double> { ["step"] = done + 1, ["seconds"] = seconds + lastSave, ["scale"] = scale },
                    optimizer.State());
            }
        }

        options.ReportEnd("unet", done, seconds + clock.Elapsed.TotalSeconds);
    }

    private (Tensor Latents, double Scale) EncodeCorpus(WebCorpus corpus, AutoencoderKL vae)
    {
        using var frozen = no_grad();
        var parts = new List<Tensor>();
        foreach (var part in Enumerable.Range(0, CorpusSize).Chunk(100))
        {
            using var scope = NewDisposeScope();
            var scenes = part.Select(i => corpus[i].Scene).ToArray();
            parts.Add(vae.Encode(WorldBatches.Draw(scenes) * 2 - 1).Mean.MoveToOuterDisposeScope());
        }

        var latents = cat(parts);
        parts.ForEach(p => p.Dispose());
        var scale = 1 / latents.std().ToDouble();
        return (latents.mul_(scale), scale);
    }
}
