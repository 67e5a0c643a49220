using System.Diagnostics;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Diffusion.Tuning;

namespace ZsMlc.Samples.ZeroShotCoco;

/// <summary>Progress as lines of text, a few a minute, which suit the log files of clusters.</summary>
internal sealed class ProgressLines(TextWriter output) : IProgress<GenerationProgress>, IProgress<TrainingProgress>, IProgress<TuningProgress>
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(15);
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();

    public void Report(GenerationProgress value)
    {
        if (value.Phase == GenerationPhase.Images)
        {
            Line(value.Completed == value.Total, $"{value.Completed} of {value.Total} pictures are settled; this run made {value.Generated}, {value.Accepted} of them accepted");
        }
        else
        {
            Line(value.Completed == value.Total, $"{value.Phase.ToString().ToLowerInvariant()}: {value.Completed} of {value.Total}");
        }
    }

    public void Report(TrainingProgress value) => Line(
        value.Step == value.Steps,
        FormattableString.Invariant($"epoch {value.Epoch} of {value.Epochs}, step {value.Step} of {value.Steps}: loss {value.Loss:0.0000}"));

    public void Report(TuningProgress value) => Line(
        value.Iteration == value.Iterations,
        FormattableString.Invariant($"tuning step {value.Iteration} of {value.Iterations}: loss {value.Loss:0.000}, V of the targets {value.TargetValue:0.000}"));

    private void Line(bool always, string text)
    {
        if (always || _sinceLine.Elapsed >= s_pause)
        {
            output.WriteLine(text);
            _sinceLine.Restart();
        }
    }
}
