using System.CommandLine;
using ZsMlc.Torch.Hub;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>Options that several commands have.</summary>
internal static class SharedOptions
{
    public static Option<DirectoryInfo> Work() => new("--work")
    {
        Description = "The folder of this job: each command reads there what the one before left.",
        DefaultValueFactory = _ => new DirectoryInfo("coco-work"),
    };

    public static Option<DirectoryInfo> Images(string which) => new("--images") { Description = $"The folder of the {which} photos.", Required = true };

    public static Option<string> Diffusion() => new("--diffusion")
    {
        Description = "The Stable Diffusion 1.x, 2.x or XL folder (diffusers layout), its name on the Hugging Face hub, or 'micro'.", Required = true,
    };

    public static Option<string> Clip() => new("--clip")
    {
        Description = "The classifier's CLIP, such as RN50.pt or ViT-B-16.pt, its name on the Hugging Face hub, or 'micro'.", Required = true,
    };

    public static Option<string> Judge() => new("--judge")
    {
        Description = "The CLIP that judges generated pictures, such as ViT-B-32.pt, its name on the Hugging Face hub, or 'micro'.", Required = true,
    };

    public static Option<int?> Gpu() => new("--gpu") { Description = "Index of the GPU; the CPU without it. A GPU that does not exist is an error." };

    public static Option<Gpus?> Gpus() => new("--gpu")
    {
        Description = "Index of the GPU; 'all', or several as in 0,1, for a process each on a share of the work; the CPU without it. A GPU that does not exist is an error.",
        CustomParser = ZsMlc.Samples.Gpus.Parse,
    };

    public static Option<bool> FallbackToCpu() => new("--fallback-to-cpu") { Description = "Use the CPU in the place of a GPU that does not exist." };

    public static Option<int> Seed() => new("--seed") { Description = "The seed of everything random.", DefaultValueFactory = _ => 7 };

    public static Option<Preset> Preset() => new("--preset")
    {
        Description = "default: the corrected, cheaper recipe. published: the recipe of the paper.", DefaultValueFactory = _ => Commands.Preset.Default,
    };

    public static Option<int?> ImagesPerLabel() => new("--images-per-label") { Description = "Accepted pictures of each unseen label. Default: 200." };

    /// <summary>A path that means the same from every folder; the word "micro" and a model's name on the hub stay.</summary>
    public static string Absolute(string path) => path != "micro" && Path.Exists(path) ? Path.GetFullPath(path) : path;

    /// <summary>Whether a checkpoint is named as on the hub: it is no path of a file or folder, nor the word "micro".</summary>
    public static bool IsHubName(string path) => path != "micro" && !Path.Exists(path);

    /// <summary>A checkpoint's path or that of a cached model of the hub; the word "micro" stands for the tiny trained models that come with the package.</summary>
    public static string Resolve(string path, Func<ZsMlc.MicroModels.MicroBundle, string> micro) =>
        path == "micro" ? micro(ZsMlc.MicroModels.ZeroShotModels.Micro)
        : ModelHub.Resolve(path) is var found && Path.Exists(found) ? found
        : throw new UsageException($"There is no checkpoint at {path}. README.md says which files are needed and where they come from.");
}

internal enum Preset
{
    Default,
    Published,
}
