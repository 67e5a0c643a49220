using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ZsMlc.Torch.Diffusion.Configuration;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>Settings of a scheduler, named as in <c>scheduler_config.json</c>.</summary>
public sealed record SchedulerConfig
{
    /// <summary>Gets the scheduler's class in the checkpoint, such as <c>EulerDiscreteScheduler</c>.</summary>
    [JsonPropertyName("_class_name")]
    public string ClassName { get; init; } = "DDIMScheduler";

    /// <summary>Gets the number of noise levels of the training. Default 1000.</summary>
    public int NumTrainTimesteps { get; init; } = 1000;

    /// <summary>Gets the first β. Default 0.00085 (Stable Diffusion).</summary>
    public double BetaStart { get; init; } = 0.00085;

    /// <summary>Gets the last β. Default 0.012 (Stable Diffusion).</summary>
    public double BetaEnd { get; init; } = 0.012;

    /// <summary>Gets <c>scaled_linear</c> (default; linear in √β) or <c>linear</c>.</summary>
    public string BetaSchedule { get; init; } = "scaled_linear";

    /// <summary>Gets what the network predicts: <c>epsilon</c> (default), <c>v_prediction</c> or <c>sample</c>.</summary>
    public string PredictionType { get; init; } = "epsilon";

    /// <summary>Gets how inference steps are spread: <c>leading</c>, <c>trailing</c> or <c>linspace</c>. Without it each scheduler has its own default.</summary>
    public string? TimestepSpacing { get; init; }

    /// <summary>Gets the offset added to leading timesteps, 0 or more. Default 0.</summary>
    [Range(0, int.MaxValue)]
    public int StepsOffset { get; init; }

    /// <summary>Gets whether the step behind the last has ᾱ = 1 (default) instead of the first ᾱ of the table.</summary>
    public bool SetAlphaToOne { get; init; } = true;

    /// <summary>Gets whether DDIM clamps its prediction of the clean sample. Default false (Stable Diffusion).</summary>
    public bool ClipSample { get; init; }

    /// <summary>Gets the bound of that clamp. Default 1.</summary>
    public double ClipSampleRange { get; init; } = 1;

    /// <summary>Gets whether σ follows Karras et al. 2022 (ρ = 7). Default false.</summary>
    public bool UseKarrasSigmas { get; init; }

    /// <summary>Gets whether β is rescaled so that the last step is pure noise (Lin et al. 2023). Default false.</summary>
    public bool RescaleBetasZeroSnr { get; init; }

    /// <summary>Gets the order of DPM-Solver++: 1 or 2 (default).</summary>
    public int SolverOrder { get; init; } = 2;

    /// <summary>Gets DPM-Solver++'s second-order variant: <c>midpoint</c> (default) or <c>heun</c>.</summary>
    public string SolverType { get; init; } = "midpoint";

    /// <summary>Gets DPM-Solver's variant; only <c>dpmsolver++</c> (default) is supported.</summary>
    public string AlgorithmType { get; init; } = "dpmsolver++";

    /// <summary>Gets whether DPM-Solver++ ends at first order for fewer than 15 steps. Default true.</summary>
    public bool LowerOrderFinal { get; init; } = true;

    /// <summary>Gets whether DPM-Solver++ always ends with an Euler step. Default false.</summary>
    public bool EulerAtFinal { get; init; }

    /// <summary>Gets the σ behind the last step of DPM-Solver++: <c>zero</c> (default) or <c>sigma_min</c>.</summary>
    public string FinalSigmasType { get; init; } = "zero";

    /// <summary>Gets the number of steps that LCM was distilled from. Default 50.</summary>
    public int OriginalInferenceSteps { get; init; } = 50;

    /// <summary>Gets the timestep factor in LCM's boundary condition. Default 10.</summary>
    public double TimestepScaling { get; init; } = 10;

    /// <summary>Gets whether PNDM starts without Runge-Kutta steps, as Stable Diffusion does. Default true; false is not supported.</summary>
    public bool SkipPrkSteps { get; init; } = true;

    /// <summary>Reads the settings of a diffusers folder.</summary>
    /// <param name="folder">The model's folder; the settings are its <c>scheduler/scheduler_config.json</c>.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">The file is damaged.</exception>
    public static SchedulerConfig FromPretrained(string folder) => ConfigJson.Read<SchedulerConfig>(Path.Combine(folder, "scheduler", "scheduler_config.json"));
}
