using System.Text.Json;
using System.Text.Json.Nodes;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.Torch.Clip;

/// <summary>Model folders of CLIP: which configuration file a folder has, and where the weights that belong to it are.</summary>
internal static class ClipFolder
{
    public const string OpenClipWeightsFile = "open_clip_model.safetensors", HuggingFaceWeightsFile = "model.safetensors";
    private const string OpenClipConfigFile = "open_clip_config.json", HuggingFaceConfigFile = "config.json", PreprocessorFile = "preprocessor_config.json", ProcessorFile = "processor_config.json";

    /// <summary>Reads the configuration of a folder, or returns null when it holds none.</summary>
    public static ClipConfig? ReadConfig(string folder)
    {
        var openClip = Path.Combine(folder, OpenClipConfigFile);
        if (File.Exists(openClip))
        {
            return Read(openClip, OpenClipConfig.Parse);
        }

        var huggingFace = Path.Combine(folder, HuggingFaceConfigFile);
        if (!File.Exists(huggingFace))
        {
            return null;
        }

        // transformers 5 writes one file for pictures and texts, older versions one for pictures alone.
        var config = Read(huggingFace, HuggingFaceClipConfig.Parse);
        return new[] { ProcessorFile, PreprocessorFile }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) is { } processor
            ? config with { Vision = config.Vision with { Pixels = JsonFile.Read(processor, "a CLIP image processor", root => PreprocessorConfig.ParseHuggingFace(root, config.Vision.ImageSize)) } }
            : config;
    }

    /// <summary>Opens a file or the weights of a folder. open_clip's file goes with open_clip's configuration where a folder holds other files too.</summary>
    public static ICheckpoint OpenWeights(string path)
    {
        var openClip = Path.Combine(path, OpenClipWeightsFile);
        return Checkpoint.Open(File.Exists(Path.Combine(path, OpenClipConfigFile)) && File.Exists(openClip) ? openClip : path);
    }

    public static void WriteConfig(string folder, ClipConfig config, ClipFolderLayout layout, ClipTokenizer tokenizer)
    {
        if (layout == ClipFolderLayout.OpenClip)
        {
            Write(Path.Combine(folder, OpenClipConfigFile), OpenClipConfig.Format(config));
            return;
        }

        Write(Path.Combine(folder, PreprocessorFile), PreprocessorConfig.FormatHuggingFace(config.Vision));
        Write(Path.Combine(folder, HuggingFaceConfigFile), HuggingFaceClipConfig.Format(config, tokenizer));
    }

    /// <summary>Throws when a folder already holds a model of the other layout: readers could mix the two.</summary>
    public static void CheckLayout(string folder, ClipFolderLayout layout)
    {
        var other = Path.Combine(folder, layout == ClipFolderLayout.OpenClip ? HuggingFaceConfigFile : OpenClipConfigFile);
        if (File.Exists(other))
        {
            throw new IOException($"{other} exists: the folder holds a model of another layout than {layout}. Save into another folder.");
        }
    }

    private static void Write(string path, JsonObject root) =>
        AtomicFile.WriteText(path, root.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");

    private static ClipConfig Read(string path, Func<JsonElement, ClipConfig> parse) => JsonFile.Read(path, "a CLIP configuration", root =>
    {
        var config = parse(root);
        config.Check();
        return config;
    });
}
