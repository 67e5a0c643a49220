using System.Text.Json.Serialization;
using ZsMlc.Torch.Classification;

namespace ZsMlc.Torch.Diffusion.Tuning;

/// <summary>How the diffusion model's text encoder is tuned. The defaults are the published ones.</summary>
public sealed record TextEncoderTuningOptions
{
    /// <summary>Gets the number of steps, 1 or more. Default 4000.</summary>
    public int Iterations { get; init; } = 4000;

    /// <summary>Gets the images of a step, 1 or more. Default 1.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>Gets the AdamW learning rate. Default 7e-8.</summary>
    public double LearningRate { get; init; } = 7e-8;

    /// <summary>Gets the weight decay. Default 1e-3.</summary>
    public double WeightDecay { get; init; } = 1e-3;

    /// <summary>Gets the largest norm of the whole gradient; a longer one is shortened to it. Default 1.</summary>
    public double GradientClip { get; init; } = 1;

    /// <summary>Gets the text encoders that are tuned, in a family with several (SDXL). Default <see cref="TunedEncoders.All"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TunedEncoders Encoders { get; init; }

    /// <summary>Gets the number of last sampling steps that gradients pass through; null for all, as published. Default null.</summary>
    public int? LastSteps { get; init; }

    /// <summary>Gets how images are sampled: steps (published 30), guidance, size and scheduler.</summary>
    public GenerationOptions Sampling { get; init; } = new() { Steps = 30 };

    /// <summary>Gets the loss on the judge's values. Default γ⁻ 4, γ⁺ 0, clip 0.05.</summary>
    public AsymmetricLoss Loss { get; init; } = new(4, 0, 0.05);

    /// <summary>Gets the seed of the noise. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Gets the file that the state is written to and that an interrupted run goes on from, or null. Default null.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Gets the steps between two writings of the checkpoint. Default 50.</summary>
    public int CheckpointInterval { get; init; } = 50;

    /// <summary>Throws when a value is out of its range; the message names the option.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Iterations, 1, nameof(Iterations));
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1, nameof(BatchSize));
        ArgumentOutOfRangeException.ThrowIfLessThan(CheckpointInterval, 1, nameof(CheckpointInterval));
        if (LastSteps is { } last)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(last, 1, nameof(LastSteps));
        }

        foreach (var (name, value) in new[] { (nameof(LearningRate), LearningRate), (nameof(WeightDecay), WeightDecay), (nameof(GradientClip), GradientClip) })
        {
            OptionRange.Check(name, value, double.IsFinite(value) && value >= 0, "a number of 0 or more");
        }

        Sampling.CheckRanges(nameof(Sampling));
    }
}

/// <summary>What one image of a tuning step is to show.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Targets">Indices of the labels it names, among the judge's candidates.</param>
public sealed record TuningSample(string Prompt, IReadOnlyList<int> Targets);

/// <summary>Where a tuning run stands.</summary>
/// <param name="Iteration">The step, from 1.</param>
/// <param name="Iterations">Number of steps.</param>
/// <param name="Loss">Loss of the step; NaN when it was left out.</param>
/// <param name="TargetValue">Mean V of the targets in the step's images; NaN when it was left out.</param>
public readonly record struct TuningProgress(int Iteration, int Iterations, double Loss, double TargetValue);

/// <summary>What a tuning run came to.</summary>
/// <param name="Losses">Loss of every step; NaN where a step was left out.</param>
/// <param name="TargetValues">Mean V of the targets of every step; NaN where a step was left out.</param>
/// <param name="SkippedSteps">Steps left out because the loss or the gradient was not finite.</param>
public sealed record TuningResult(IReadOnlyList<double> Losses, IReadOnlyList<double> TargetValues, int SkippedSteps)
{
    /// <summary>Returns the number of steps and the ways of the loss and of V in one line.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Losses.Count} steps, loss {Losses.FirstOrDefault(double.NaN):g4} to {Losses.LastOrDefault(double.NaN):g4}, V of the targets {TargetValues.FirstOrDefault(double.NaN):f3} to {TargetValues.LastOrDefault(double.NaN):f3}{(SkippedSteps > 0 ? $", {SkippedSteps} steps left out" : "")}");
}
