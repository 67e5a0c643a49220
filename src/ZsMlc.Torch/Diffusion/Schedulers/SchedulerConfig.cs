using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Hub;

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

    /// <summary>Gets <c>scaled_linear</c> (default; linear in √β), <c>linear</c> or <c>squaredcos_cap_v2</c> (Nichol and Dhariwal 2021).</summary>
    public string BetaSchedule { get; init; } = "scaled_linear";

    /// <summary>Gets β of every noise level instead of a schedule; null (default) for none.</summary>
    public IReadOnlyList<double>? TrainedBetas { get; init; }

    /// <summary>Gets what the network predicts: <c>epsilon</c> (default), <c>v_prediction</c> or <c>sample</c>.</summary>
    public string PredictionType { get; init; } = "epsilon";

    /// <summary>Gets how inference steps are spread: <c>leading</c>, <c>trailing</c> or <c>linspace</c>. Without it each scheduler has its own default.</summary>
    public string? TimestepSpacing { get; init; }

    /// <summary>Gets the offset added to leading timesteps, 0 or more. Default 0.</summary>
    [Range(0, int.MaxValue)]
    public int StepsOffset { get; init; }

    /// <summary>Gets whether the step behind the last has ᾱ = 1 (default) instead of the first ᾱ of the table.</summary>
    public bool SetAlphaToOne { get; init; } = true;

    /// <summary>Gets whether DDIM, DDPM, Heun and LCM clamp their prediction of the clean sample. Default false (Stable Diffusion).</summary>
    public bool ClipSample { get; init; }

    /// <summary>Gets the bound of that clamp. Default 1.</summary>
    public double ClipSampleRange { get; init; } = 1;

    /// <summary>Gets whether σ follows Karras et al. 2022 (ρ = 7). Default false.</summary>
    public bool UseKarrasSigmas { get; init; }

    /// <summary>Gets whether σ is spread evenly in its logarithm. Default false.</summary>
    public bool UseExponentialSigmas { get; init; }

    /// <summary>Gets whether σ follows quantiles of a beta distribution (Lee et al. 2024). Default false.</summary>
    public bool UseBetaSigmas { get; init; }

    /// <summary>Gets the least σ of those three spreads; null (default) for the run's own.</summary>
    public double? SigmaMin { get; init; }

    /// <summary>Gets the largest σ of those three spreads; null (default) for the run's own.</summary>
    public double? SigmaMax { get; init; }

    /// <summary>Gets whether β is rescaled so that the last step is pure noise (Lin et al. 2023). Default false.</summary>
    public bool RescaleBetasZeroSnr { get; init; }

    /// <summary>Gets the order of DPM-Solver++ (1 or 2) and UniPC (1 to 3). Default 2.</summary>
    public int SolverOrder { get; init; } = 2;

    /// <summary>Gets DPM-Solver++'s second-order variant, <c>midpoint</c> (default) or <c>heun</c>; or UniPC's B(h), <c>bh1</c> or <c>bh2</c> (also for other names).</summary>
    public string SolverType { get; init; } = "midpoint";

    /// <summary>Gets DPM-Solver's variant: <c>dpmsolver++</c> (default), or <c>sde-dpmsolver++</c>, which adds noise.</summary>
    public string AlgorithmType { get; init; } = "dpmsolver++";

    /// <summary>Gets whether DPM-Solver++ of fewer than 15 steps, and UniPC, end at first order. Default true.</summary>
    public bool LowerOrderFinal { get; init; } = true;

    /// <summary>Gets whether DPM-Solver++ always ends with an Euler step. Default false.</summary>
    public bool EulerAtFinal { get; init; }

    /// <summary>Gets the σ behind the last step of DPM-Solver++, UniPC and Euler: <c>zero</c> (default) or <c>sigma_min</c>.</summary>
    public string FinalSigmasType { get; init; } = "zero";

    /// <summary>Gets DDPM's variance: <c>fixed_small</c> (also for null, the default), <c>fixed_small_log</c> or <c>fixed_large</c>.</summary>
    public string? VarianceType { get; init; }

    /// <summary>Gets the number of steps that LCM and TCD were distilled from. Default 50.</summary>
    public int OriginalInferenceSteps { get; init; } = 50;

    /// <summary>Gets the timestep factor in LCM's boundary condition. Default 10.</summary>
    public double TimestepScaling { get; init; } = 10;

    /// <summary>Gets whether PNDM starts without Runge-Kutta steps, as Stable Diffusion does. Default true.</summary>
    public bool SkipPrkSteps { get; init; } = true;

    /// <summary>Gets settings that this record does not name; some of them select what no scheduler here has.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Other { get; init; }

    /// <summary>Reads the settings of a diffusers folder. Those that the file lacks have the values of the reference's class.</summary>
    /// <param name="folder">The model's folder; the settings are its <c>scheduler/scheduler_config.json</c>, the class that of its <c>model_index.json</c> where it has one.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">The file is damaged.</exception>
    public static SchedulerConfig FromPretrained(string folder) => SchedulerSettings.ReadFolder(ModelHub.Resolve(folder));
}
