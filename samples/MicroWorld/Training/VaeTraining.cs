using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Diffusion.Autoencoder;
using static TorchSharp.torch;

namespace MicroWorld.Training;

/// <summary>Trains the micro autoencoder on scenes of every style: squared and absolute error, and a light pull of the latents to a normal law.</summary>
internal sealed class VaeTraining(TrainingOptions options)
{
    private const int Batch = 32;
    private const double KlWeight = 3e-4;

    /// <summary>The architecture of the micro autoencoder: 32 × 32 pixels to 16 × 16 × 4 latents, 0.66 million parameters.</summary>
    public static AutoencoderKL CreateModel(double scalingFactor = 1)
    {
        return new AutoencoderKL(new AutoencoderConfig
        {
            BlockOutChannels = [32, 64],
            LayersPerBlock = 1,
            LatentChannels = 4,
            NormNumGroups = 8,
            ScalingFactor = scalingFactor,
        });
    }

    /// <summary>Trains to the last step, from the checkpoint where there is one.</summary>
    public void Run(AutoencoderKL model)
    {
        var optimizer = new AveragedAdamW(model.named_parameters(), [], weightDecay: 0.001, decay: 0.995);
        var saved = CheckpointFile.Load(options.Checkpoint, optimizer.State());
        var done = (int)(saved?["step"] ?? 0);
        var seconds = saved?["seconds"] ?? 0;
        if (saved is not null)
        {
            optimizer.Resume(done);
        }

        var corpus = new WebCorpus((ulong)options.Seed + 100);
        var clock = Stopwatch.StartNew();
        var (lastSave, error) = (0.0, 0.0);
        for (; done < options.Last; done++)
        {
            using var scope = NewDisposeScope();
            options.SeedStep(done);
            var scenes = Enumerable.Range(0, Batch).Select(i => corpus[(long)done * Batch + i].Scene).ToArray();
            var pictures = WorldBatches.Draw(scenes) * 2 - 1;
            var (mean, logVariance) = model.Encode(pictures);
            var latents = mean + randn_like(mean) * (0.5 * logVariance).exp();
            var difference = model.Decode(latents) - pictures;
            var squared = difference.square().mean();
            var kl = 0.5 * (mean.square() + logVariance.exp() - 1 - logVariance).mean();
            var loss = squared + 0.3 * difference.abs().mean() + KlWeight * kl;
            loss.backward();
            optimizer.Step(options.LearningRate(done), maxNorm: 1);
            error = error == 0 ? squared.ToDouble() : 0.98 * error + 0.02 * squared.ToDouble();
            if (done % 50 == 0)
            {
                options.Report(string.Create(CultureInfo.InvariantCulture,
                    $"vae step {done}/{options.Steps} {10 * Math.Log10(4 / error):F1} dB, kl {kl.ToDouble():F2}, latent std {mean.std().ToDouble():F2}, {(seconds + clock.Elapsed.TotalSeconds) / (done + 1):F2} s/step"));
            }

            if (clock.Elapsed.TotalSeconds - lastSave > 120 || done + 1 == options.Last)
            {
                lastSave = clock.Elapsed.TotalSeconds;
                CheckpointFile.Save(
                    options.Checkpoint, new Dictionary<string, double> { ["step"] = done + 1, ["seconds"] = seconds + lastSave }, optimizer.State());
            }
        }

        options.ReportEnd("vae", done, seconds + clock.Elapsed.TotalSeconds);
    }
}
