using System.Text.Json;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion.Conditioning;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.TextEncoder;

namespace ZsMlc.Torch.Diffusion.Files;

/// <summary>The <c>model_index.json</c> of a diffusers folder: the family of the model, and its settings.</summary>
internal sealed class PipelineIndex
{
    private const string FileName = "model_index.json", ForceZeros = "force_zeros_for_empty_prompt";

    private static readonly Dictionary<string, Func<PartLoader, PipelineIndex, TextConditioning>> s_families = new()
    {
        ["StableDiffusionPipeline"] = (parts, _) => new StableDiffusionConditioning(PromptEncoderFiles.Load(parts, 0)),
        ["LatentConsistencyModelPipeline"] = (parts, _) => new StableDiffusionConditioning(PromptEncoderFiles.Load(parts, 0)),
        ["StableDiffusionXLPipeline"] = (parts, index) =>
            new StableDiffusionXLConditioning(PromptEncoderFiles.Load(parts, 0), PromptEncoderFiles.Load(parts, 1), index.Flag(ForceZeros, true)),
    };

    // Parts of class names, and why such a model makes no images from a text alone.
    private static readonly (string Part, string Reason)[] s_refused =
    [
        ("ControlNet", "a ControlNet pipeline, which needs a control image"),
        ("Inpaint", "an inpainting model, which needs an image and a mask"),
        ("InstructPix2Pix", "an instruct-pix2pix model, which changes a given image"),
        ("XLImg2Img", "the refiner of SDXL, which goes on with another model's latents"),
        ("Img2Img", "an image-to-image pipeline, which needs an image"),
    ];

    // The classes that are built here, none for a part that must be absent. What else an index names makes no images, or checks finished ones.
    private static readonly (string Part, string[] Classes)[] s_parts =
    [
        ("unet", ["UNet2DConditionModel"]), ("vae", ["AutoencoderKL"]), ("image_encoder", []),
        (PromptEncoderFiles.NetworkPart(0), [TextEncoderConfig.Plain, TextEncoderConfig.WithProjection]), (PromptEncoderFiles.NetworkPart(1), [TextEncoderConfig.WithProjection]),
    ];

    private readonly Dictionary<string, JsonElement> _values;
    private readonly string _folder;

    private PipelineIndex(string folder, Dictionary<string, JsonElement> values) => (_folder, _values) = (folder, values);

    private string? ClassName => _values.GetValueOrDefault("_class_name") is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>Reads the index and refuses models that this pipeline cannot run, by name.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="FileNotFoundException">There is no such folder or no index in it.</exception>
    /// <exception cref="NotSupportedException">The model is of another kind, or a single file.</exception>
    public static PipelineIndex Read(string folder)
    {
        if (File.Exists(folder))
        {
            throw SingleFile(folder);
        }

        if (!Directory.Exists(folder))
        {
            throw new FileNotFoundException($"The diffusion model folder {folder} does not exist.", folder);
        }

        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path) && Directory.EnumerateFiles(folder, "*.safetensors").FirstOrDefault() is { } file)
        {
            throw SingleFile(file);
        }

        var index = new PipelineIndex(folder, ConfigJson.Read<Dictionary<string, JsonElement>>(path));
        index.Check();
        return index;
    }

    /// <summary>Writes an index.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="conditioning">The family with its text encoders.</param>
    /// <param name="scheduler">The scheduler's class.</param>
    public static void Write(string folder, TextConditioning conditioning, string scheduler)
    {
        string?[] none = [null, null];
        Dictionary<string, object> values = new(conditioning.IndexSettings)
        {
            ["_class_name"] = conditioning.PipelineClass,
            ["feature_extractor"] = none,
            ["image_encoder"] = none,
            ["scheduler"] = new[] { "diffusers", scheduler },
            ["unet"] = new[] { "diffusers", "UNet2DConditionModel" },
            ["vae"] = new[] { "diffusers", "AutoencoderKL" },
        };
        for (var i = 0; i < conditioning.Encoders.Count; i++)
        {
            values[PromptEncoderFiles.NetworkPart(i)] = new[] { "transformers", conditioning.Encoders[i].Network.Config.HasProjection ? TextEncoderConfig.WithProjection : TextEncoderConfig.Plain };
            values[PromptEncoderFiles.TokenizerPart(i)] = new[] { "transformers", "CLIPTokenizer" };
        }

        ConfigJson.Write(Path.Combine(folder, FileName), values.OrderBy(v => v.Key, StringComparer.Ordinal).ToDictionary());
    }

    /// <summary>Loads the text encoders of the model's family.</summary>
    public TextConditioning LoadConditioning(PartLoader parts) => s_families[ClassName!](parts, this);

    private void Check()
    {
        var supported = $"supported are Stable Diffusion 1.x, 2.x and XL from text ({string.Join(", ", s_families.Keys)})";
        if (ClassName is not { } name || !s_families.ContainsKey(name))
        {
            var reason = s_refused.Where(r => ClassName?.Contains(r.Part, StringComparison.Ordinal) == true).Select(r => $" ({r.Reason})").FirstOrDefault();
            throw new NotSupportedException($"{_folder} holds a '{ClassName ?? "model without a class name"}'{reason}; {supported}.");
        }

        if (Flag("requires_aesthetics_score", false))
        {
            throw new NotSupportedException($"{_folder} asks for requires_aesthetics_score, as the refiner of SDXL does, which goes on with another model's latents; {supported}.");
        }

        foreach (var (part, classes) in s_parts.Where(p => _values.ContainsKey(p.Part)))
        {
            Require(part, classes.DefaultIfEmpty("").Contains(PartClass(part)), classes.Length == 0 ? "none" : string.Join(" or ", classes));
        }

        Require("scheduler", !_values.ContainsKey("scheduler") || PartClass("scheduler") is { Length: > 0 }, "a scheduler's class");
    }

    private void Require(string part, bool holds, string expected)
    {
        if (!holds)
        {
            throw new NotSupportedException($"{Path.Combine(_folder, FileName)}: the part {part} is {_values[part].GetRawText()}, which is not supported; expected {expected}.");
        }
    }

    /// <summary>The class of a part, empty for [null, null]; null where an entry is no pair of library and class.</summary>
    private string? PartClass(string part) =>
        _values[part] is { ValueKind: JsonValueKind.Array } entry && entry.GetArrayLength() == 2 && entry[1].ValueKind is JsonValueKind.String or JsonValueKind.Null
            ? entry[1].GetString() ?? ""
            : null;

    private bool Flag(string name, bool otherwise) => _values.GetValueOrDefault(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Undefined or JsonValueKind.Null => otherwise,
        _ => throw new CheckpointFormatException(Path.Combine(_folder, FileName), $"{name} is {_values[name].GetRawText()}; expected true or false."),
    };

    private static NotSupportedException SingleFile(string path) => new(
        $"{path} is a single-file checkpoint; expected a folder in the layout of diffusers, with {FileName}. "
        + $"Convert it once with Python's diffusers: StableDiffusionPipeline.from_single_file(\"{Path.GetFileName(path)}\").save_pretrained(\"folder\", safe_serialization=True), "
        + "with StableDiffusionXLPipeline for SDXL.");
}
