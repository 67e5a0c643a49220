using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ZsMlc.Torch.Diffusion.Configuration;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>
/// The settings that each scheduler of the reference obeys, with its values for those that a file lacks. Files hold settings of other
/// schedulers as well, since a pipeline's scheduler may be exchanged: these are passed over, as the reference does.
/// </summary>
internal static class SchedulerSettings
{
    private const string ClassName = "_class_name";

    private static readonly string s_levels = Levels("linear", 0.0001, 0.02), s_diffusionLevels = Levels("scaled_linear", 0.00085, 0.012);

    private const string Spread = """
        "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "sigma_min": null, "sigma_max": null
        """;

    private const string Rescale = "\"rescale_betas_zero_snr\": false";

    private const string Whole = "\"steps_offset\": 0, \"timestep_spacing\": \"leading\", " + Rescale;

    private const string Fractional = "\"steps_offset\": 0, \"timestep_spacing\": \"linspace\"";

    private const string Multistep = """
        "solver_order": 2, "lower_order_final": true, "final_sigmas_type": "zero", "thresholding": false, "dynamic_thresholding_ratio": 0.995,
        "sample_max_value": 1.0, "use_flow_sigmas": false, "flow_shift": 1.0, "use_dynamic_shifting": false, "time_shift_type": "exponential",
        "steps_offset": 0, "timestep_spacing": "linspace", "rescale_betas_zero_snr": false
        """;

    private const string Distilled = "\"original_inference_steps\": 50, \"timestep_scaling\": 10.0, \"set_alpha_to_one\": true";

    private static readonly Dictionary<string, JsonObject> s_own = new()
    {
        ["DDIMScheduler"] = Parse(s_levels, Clip("true"), "\"set_alpha_to_one\": true", Whole),
        ["DDPMScheduler"] = Parse(s_levels, Clip("true"), "\"variance_type\": \"fixed_small\"", Whole),
        ["DPMSolverMultistepScheduler"] = Parse(s_levels, Spread, Multistep, """
            "algorithm_type": "dpmsolver++", "solver_type": "midpoint", "euler_at_final": false, "use_lu_lambdas": false, "lambda_min_clipped": "-Infinity",
            "variance_type": null
            """),
        ["EulerAncestralDiscreteScheduler"] = Parse(s_levels, Fractional, Rescale),
        ["EulerDiscreteScheduler"] = Parse(s_levels, Spread, Fractional, Rescale, """
            "interpolation_type": "linear", "timestep_type": "discrete", "final_sigmas_type": "zero"
            """),
        ["HeunDiscreteScheduler"] = Parse(Levels("linear", 0.00085, 0.012), Spread, Fractional, "\"clip_sample\": false, \"clip_sample_range\": 1.0"),
        ["LCMScheduler"] = Parse(s_diffusionLevels, Clip("false"), Distilled, Whole),
        ["PNDMScheduler"] = Parse(s_levels, """
            "skip_prk_steps": false, "set_alpha_to_one": false, "steps_offset": 0, "timestep_spacing": "leading"
            """),
        ["TCDScheduler"] = Parse(s_diffusionLevels, Clip("false"), Distilled, Whole),
        ["UniPCMultistepScheduler"] = Parse(s_levels, Spread, Multistep, """
            "solver_type": "bh2", "predict_x0": true, "disable_corrector": [], "solver_p": null, "shift_terminal": null
            """),
    };

    // Settings that select what no scheduler here has, with the values that are known. Those of other schedulers are not looked at.
    private static readonly (string Name, string[] Values)[] s_fixed =
    [
        ("thresholding", ["false"]), ("use_lu_lambdas", ["false"]), ("lambda_min_clipped", ["\"-Infinity\""]), ("use_flow_sigmas", ["false"]),
        ("use_dynamic_shifting", ["false"]), ("interpolation_type", ["\"linear\""]), ("timestep_type", ["\"discrete\""]), ("predict_x0", ["true"]),
        ("disable_corrector", ["[]"]), ("solver_p", []), ("shift_terminal", []),
    ];

    // Settings of several schedulers that know the same few values.
    private static readonly (string Name, string[] Values)[] s_choices =
    [
        ("timestep_spacing", ["\"leading\"", "\"trailing\"", "\"linspace\""]), ("prediction_type", ["\"epsilon\"", "\"v_prediction\"", "\"sample\""]),
        ("final_sigmas_type", ["\"zero\"", "\"sigma_min\""]),
    ];

    /// <summary>The names of a scheduler's own settings.</summary>
    /// <exception cref="NotSupportedException">The class is not supported; the message lists those that are.</exception>
    public static IReadOnlyCollection<string> Names(string className) => [.. Own(className).Select(s => s.Key)];

    /// <summary>Reads a scheduler's settings; those that the file lacks have the reference's values.</summary>
    /// <param name="path">The file.</param>
    /// <param name="className">The scheduler's class, or null for the one that the file names.</param>
    public static SchedulerConfig Read(string path, string? className = null)
    {
        var name = className ?? ConfigJson.Read<SchedulerConfig>(path).ClassName;
        return ConfigJson.Read<SchedulerConfig>(path, s_own.GetValueOrDefault(name)) with { ClassName = name };
    }

    /// <summary>Reads the settings of a model's folder. As in the reference the index says which class obeys them, whichever wrote them.</summary>
    public static SchedulerConfig ReadFolder(string folder)
    {
        var index = Path.Combine(folder, "model_index.json");
        var entry = File.Exists(index) ? ConfigJson.Read<Dictionary<string, JsonElement>>(index).GetValueOrDefault("scheduler") : default;
        var named = entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2 && entry[1].ValueKind == JsonValueKind.String;
        return Read(PathIn(folder), named ? entry[1].GetString() : null);
    }

    /// <summary>A configuration without the settings of other schedulers.</summary>
    /// <exception cref="NotSupportedException">The class, or a setting of its own, is not supported; the message names it.</exception>
    public static SchedulerConfig OfClass(SchedulerConfig config)
    {
        var own = Own(config.ClassName);
        FixedSettings.Check(config.ClassName, config.Other, s_fixed.Where(f => own.ContainsKey(f.Name)));
        var values = Values(config);
        foreach (var name in values.Select(v => v.Key).Where(k => k != ClassName && !own.ContainsKey(k)).ToList())
        {
            values.Remove(name);
        }

        FixedSettings.Check(config.ClassName, values.Deserialize<Dictionary<string, JsonElement>>(), s_choices);
        var kept = values.Deserialize<SchedulerConfig>(ConfigJson.Options)!;
        CheckSpread(kept);
        return kept;
    }

    /// <summary>Makes the scheduler of a folder, and names its file in a refusal.</summary>
    public static void CheckFile(string folder, SchedulerConfig config) => FixedSettings.InFile(PathIn(folder), () => Scheduler.Create(config)).Dispose();

    /// <summary>Path of the settings in a model's folder.</summary>
    public static string PathIn(string folder) => Path.Combine(folder, "scheduler", "scheduler_config.json");

    private static void CheckSpread(SchedulerConfig config)
    {
        bool[] spreads = [config.UseKarrasSigmas, config.UseExponentialSigmas, config.UseBetaSigmas];
        if (spreads.Count(s => s) > 1)
        {
            throw new NotSupportedException($"{config.ClassName}: more than one of use_karras_sigmas, use_exponential_sigmas and use_beta_sigmas is true; expected one at most.");
        }

        if (spreads.Contains(true) && (config.SigmaMin > config.SigmaMax || (config.UseExponentialSigmas && (config.SigmaMin == 0 || config.SigmaMax == 0))))
        {
            throw new NotSupportedException($"{config.ClassName}: the settings sigma_min = {config.SigmaMin} and sigma_max = {config.SigmaMax} are not supported; expected numbers above 0, the first not above the second.");
        }
    }

    /// <summary>Writes the settings of a scheduler as its own class would.</summary>
    public static void Write(string path, SchedulerConfig config)
    {
        var values = Values(config);
        JsonObject written = new() { [ClassName] = config.ClassName };
        foreach (var (name, value) in Own(config.ClassName))
        {
            // Minus infinity, which is the default, has no form that all readers know.
            if (name != "lambda_min_clipped")
            {
                written[name] = (values[name] ?? value)?.DeepClone();
            }
        }

        ConfigJson.Write(path, written);
    }

    private static JsonObject Values(SchedulerConfig config) => JsonSerializer.SerializeToNode(config, ConfigJson.Options)!.AsObject();

    private static JsonObject Own(string className) => s_own.GetValueOrDefault(className)
        ?? throw new NotSupportedException($"The scheduler '{className}' is not supported; supported are {string.Join(", ", s_own.Keys)}.");

    private static string Levels(string schedule, double first, double last) => string.Create(CultureInfo.InvariantCulture, $$"""
        "num_train_timesteps": 1000, "beta_start": {{first}}, "beta_end": {{last}}, "beta_schedule": "{{schedule}}", "trained_betas": null, "prediction_type": "epsilon"
        """);

    private static string Clip(string on) => $$"""
        "clip_sample": {{on}}, "clip_sample_range": 1.0, "thresholding": false, "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0
        """;

    private static JsonObject Parse(params IEnumerable<string> groups) => JsonNode.Parse("{" + string.Join(", ", groups) + "}")!.AsObject();
}
