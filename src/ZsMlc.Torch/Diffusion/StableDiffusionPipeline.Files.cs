using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Blocks;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion;

public sealed partial class StableDiffusionPipeline
{
    private static readonly string[] s_pipelines = ["StableDiffusionPipeline", "LatentConsistencyModelPipeline"];

    /// <summary>Loads a Hugging Face diffusers folder, in evaluation mode and without gradients for its weights.</summary>
    /// <param name="folder">Folder with <c>model_index.json</c>, <c>text_encoder</c>, <c>unet</c>, <c>vae</c>, <c>scheduler</c> and <c>tokenizer</c>.</param>
    /// <param name="device">Device; by default the CPU.</param>
    /// <param name="dtype">Element type of the weights; by default Float32.</param>
    /// <exception cref="FileNotFoundException">A folder or file is missing; the message names it.</exception>
    /// <exception cref="NotSupportedException">The folder holds another architecture; the message names its class.</exception>
    /// <exception cref="CheckpointFormatException">A file is damaged.</exception>
    /// <exception cref="CheckpointMismatchException">The tensors are not those that the configuration describes.</exception>
    public static StableDiffusionPipeline FromPretrained(string folder, Device? device = null, ScalarType dtype = ScalarType.Float32)
    {
        TorchRuntime.EnsureLoaded();
        CheckIndex(folder);
        var variant = dtype == ScalarType.Float16 ? "fp16" : null;
        using var scope = NewDisposeScope();
        List<nn.Module> loaded = [];
        T Load<T>(Func<T> make, string part, Func<string, string?>? rename = null)
            where T : nn.Module
        {
            using var checkpoint = Checkpoint.Open(Path.Combine(folder, part), variant);
            CheckSizes(make, checkpoint, rename, Path.Combine(folder, part, "config.json"));
            var module = make();
            loaded.Add(module);
            CheckpointLoader.LoadInto(module, checkpoint, rename);
            module.to(dtype);
            module.to(device ?? CPU);
            module.eval();
            foreach (var parameter in module.parameters())
            {
                parameter.requires_grad_(false);
            }

            return module.KeepAlive();
        }

        try
        {
            var scheduler = SchedulerConfig.FromPretrained(folder);
            Scheduler.Create(scheduler);
            var textConfig = ConfigJson.Read<TextEncoderConfig>(Path.Combine(folder, "text_encoder", "config.json"));
            var unetConfig = ConfigJson.Read<UnetConfig>(Path.Combine(folder, "unet", "config.json"));
            var vaeConfig = ConfigJson.Read<AutoencoderConfig>(Path.Combine(folder, "vae", "config.json"));
            var text = Load(() => new ClipTextEncoder(textConfig), "text_encoder", WithoutPositionIds);
            var unet = Load(() => new UNet2DConditionModel(unetConfig), "unet");
            var vae = Load(() => new AutoencoderKL(vaeConfig), "vae", AutoencoderKL.ModernName);
            var tokenizerFolder = Path.Combine(folder, "tokenizer");
            var tokenizer = ClipTokenizer.IsIn(tokenizerFolder) ? ClipTokenizer.FromFolder(tokenizerFolder) : ClipTokenizer.Default;
            return new(text, unet, vae, tokenizer, scheduler, PadToken.Read(tokenizerFolder, tokenizer));
        }
        catch
        {
            loaded.ForEach(m => m.Dispose());
            throw;
        }
    }

    /// <summary>Writes the folder that <see cref="FromPretrained"/> reads.</summary>
    /// <param name="folder">Target folder, created if need be.</param>
    /// <param name="dtype">Element type of the stored weights; by default half precision.</param>
    public void Save(string folder, ScalarType dtype = ScalarType.Float16)
    {
        SavePart(Path.Combine(folder, "text_encoder"), "model.safetensors", TextEncoder, dtype);
        ConfigJson.Write(Path.Combine(folder, "text_encoder", "config.json"), TextEncoder.Config);
        SavePart(Path.Combine(folder, "unet"), "diffusion_pytorch_model.safetensors", Unet, dtype);
        ConfigJson.Write(Path.Combine(folder, "unet", "config.json"), Unet.Config);
        SavePart(Path.Combine(folder, "vae"), "diffusion_pytorch_model.safetensors", Vae, dtype);
        ConfigJson.Write(Path.Combine(folder, "vae", "config.json"), Vae.Config);
        Directory.CreateDirectory(Path.Combine(folder, "scheduler"));
        ConfigJson.Write(Path.Combine(folder, "scheduler", "scheduler_config.json"), SchedulerConfig);

        var tokenizer = Directory.CreateDirectory(Path.Combine(folder, "tokenizer")).FullName;
        Tokenizer.Save(tokenizer);
        var pad = PadId == Tokenizer.EndId ? "<|endoftext|>" : Tokenizer.Token(PadId);
        File.WriteAllText(Path.Combine(tokenizer, "special_tokens_map.json"), JsonSerializer.Serialize(new Dictionary<string, string> { ["pad_token"] = pad }));

        Dictionary<string, object> index = new()
        {
            ["_class_name"] = "StableDiffusionPipeline",
            ["scheduler"] = new[] { "diffusers", SchedulerConfig.ClassName },
            ["text_encoder"] = new[] { "transformers", "CLIPTextModel" },
            ["tokenizer"] = new[] { "transformers", "CLIPTokenizer" },
            ["unet"] = new[] { "diffusers", "UNet2DConditionModel" },
            ["vae"] = new[] { "diffusers", "AutoencoderKL" },
        };
        ConfigJson.Write(Path.Combine(folder, "model_index.json"), index);
    }

    /// <summary>Replaces the text encoder's weights, as after tuning.</summary>
    /// <param name="path">A safetensors file with the names of a diffusers folder's <c>text_encoder</c>.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="CheckpointFormatException">The file is damaged.</exception>
    /// <exception cref="CheckpointMismatchException">The weights are those of another encoder; the old ones are then kept.</exception>
    public void LoadTextEncoder(string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        CheckpointLoader.LoadInto(TextEncoder, checkpoint, WithoutPositionIds);
    }

    /// <summary>Writes the text encoder in single precision, for <see cref="LoadTextEncoder"/>.</summary>
    /// <param name="path">Path of the safetensors file.</param>
    /// <param name="metadata">Text entries of the file's header, or null.</param>
    public void SaveTextEncoder(string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        SafetensorsWriter.Write(path, TextEncoder.state_dict().Select(t => KeyValuePair.Create(t.Key, t.Value.to(ScalarType.Float32))), metadata);
    }

    /// <summary>Older files hold the positions 0, 1, ... as if they were weights.</summary>
    private static string? WithoutPositionIds(string name) => name.EndsWith("position_ids", StringComparison.Ordinal) ? null : name;

    /// <summary>Makes the network without memory and compares it with the checkpoint, before a wrong configuration takes memory.</summary>
    private static void CheckSizes<T>(Func<T> make, ICheckpoint checkpoint, Func<string, string?>? rename, string config)
        where T : nn.Module
    {
        using var meta = Layers.On(META);
        T plan;
        try
        {
            plan = make();
        }
        catch (Exception e) when (e is ExternalException or ArithmeticException or ArgumentException)
        {
            throw new CheckpointFormatException(config, $"no network has these sizes: {e.Message.Split('\n')[0]}", e);
        }

        using (plan)
        {
            CheckpointLoader.Match(plan, checkpoint, rename);
        }
    }

    private static void SavePart(string folder, string file, nn.Module module, ScalarType dtype)
    {
        Directory.CreateDirectory(folder);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        SafetensorsWriter.Write(Path.Combine(folder, file), module.state_dict().Select(t => KeyValuePair.Create(t.Key, t.Value.to(dtype))), new Dictionary<string, string> { ["format"] = "pt" });
    }

    private static void CheckIndex(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new FileNotFoundException($"The diffusion model folder {folder} does not exist.", folder);
        }

        var index = ConfigJson.Read<Dictionary<string, JsonElement>>(Path.Combine(folder, "model_index.json"));
        var name = index.GetValueOrDefault("_class_name") is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;
        if (!s_pipelines.Contains(name))
        {
            throw new NotSupportedException($"{folder} holds a '{name ?? "model without a class name"}'; supported are Stable Diffusion 1.x and 2.x ({string.Join(", ", s_pipelines)}).");
        }
    }
}
