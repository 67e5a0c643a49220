using System.Globalization;
using TorchSharp;

namespace MicroWorld.Training;

/// <summary>What all training runs share.</summary>
internal sealed record TrainingOptions
{
    /// <summary>Optimiser steps in total; the schedule ends there.</summary>
    public required int Steps { get; init; }

    /// <summary>Step after which training stops, before the schedule's end; its averaged weights are the result.</summary>
    public int Until { get; init; } = int.MaxValue;

    /// <summary>Seed of corpus and weights.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Peak learning rate.</summary>
    public double PeakRate { get; init; } = 1.5e-3;

    public int WarmUp { get; init; } = 150;

    /// <summary>Scenes that the UNet learns from.</summary>
    public int CorpusSize { get; init; } = 40_000;

    /// <summary>Where the network is trained; pictures are drawn on the CPU.</summary>
    public torch.Device Device { get; init; } = torch.CPU;

    /// <summary>File that keeps the run's state; a run goes on from it.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The number of steps of this run.</summary>
    public int Last => Math.Min(Steps, Until);

    /// <summary>Linear warm-up, then a cosine to 2 % of the peak.</summary>
    public double LearningRate(int step) => step < WarmUp
        ? PeakRate * (step + 1) / WarmUp
        : PeakRate * (0.02 + 0.98 * 0.5 * (1 + Math.Cos(Math.PI * (step - WarmUp) / Math.Max(1, Steps - WarmUp))));

    public double Chance(int step) => new Random(Seed * 7919 + step).NextDouble();

    /// <summary>Makes a step's draws depend on seed and step alone: a run that goes on from its checkpoint ends like one never stopped.</summary>
    public void SeedStep(int step) => torch.random.manual_seed(Seed * 1_000_003L + step);

    /// <summary>Says how long the steps took in all, those before the last interruption included.</summary>
    public void ReportEnd(string model, int steps, double seconds) =>
        Report(string.Create(CultureInfo.InvariantCulture, $"{model} has its {steps} steps; they took {seconds / 60:F1} minutes"));

    public void Report(string line) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss} {line}"));
}
