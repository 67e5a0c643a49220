using ZsMlc.MicroModels.Files;
using ZsMlc.MicroModels.World;

namespace ZsMlc.MicroModels;

/// <summary>Folders of the trained micro models and of the labelled pictures, and the labels of their world.</summary>
public sealed class MicroBundle
{
    private const string Prefix = "Bundle/";
    private readonly Lazy<LabelledPictures> _train, _validation, _test;

    private MicroBundle(string folder)
    {
        Folder = folder;
        _train = new(() => PictureFolder.Ensure(folder, TargetSplit.Train));
        _validation = new(() => PictureFolder.Ensure(folder, TargetSplit.Validation));
        _test = new(() => PictureFolder.Ensure(folder, TargetSplit.Test));
    }

    /// <summary>Gets the folder that holds everything; its name contains the version of the package's content.</summary>
    public string Folder { get; }

    /// <summary>Gets the CLIP folder (open_clip layout), for <c>ClipModel.FromPretrained</c> and every option that takes a CLIP path.</summary>
    public string Clip => Path.Combine(Folder, "clip");

    /// <summary>Gets the latent diffusion folder (diffusers layout), for <c>StableDiffusionPipeline.FromPretrained</c> and the generation options.</summary>
    public string Diffusion => Path.Combine(Folder, "diffusion");

    /// <summary>Gets the labels of the training pictures.</summary>
    public IReadOnlyList<string> Seen => WorldLabels.Seen;

    /// <summary>Gets the labels without a single training picture.</summary>
    public IReadOnlyList<string> Unseen => WorldLabels.Unseen;

    /// <summary>Gets 1,200 pictures of two to five objects; only seen labels, every object labelled.</summary>
    public LabelledPictures Train => _train.Value;

    /// <summary>Gets 300 pictures like those of <see cref="Train"/>, for choosing settings.</summary>
    public LabelledPictures Validation => _validation.Value;

    /// <summary>Gets 800 pictures of two to five objects, seen and unseen labels mixed.</summary>
    public LabelledPictures Test => _test.Value;

    internal static MicroBundle Unpack()
    {
        var version = typeof(MicroBundle).Module.ModuleVersionId.ToString("n")[..16];
        var folder = Path.Combine(CacheRoot(), $"micro-{version}");
        AtomicFolder.Ensure(folder, temporary =>
        {
            foreach (var name in EmbeddedFiles.Under(Prefix))
            {
                var path = Path.Combine(temporary, name[Prefix.Length..].Replace('/', Path.DirectorySeparatorChar));
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                using var source = EmbeddedFiles.Open(name);
                using var target = File.Create(path);
                source.CopyTo(target);
            }
        });
        return new MicroBundle(folder);
    }

    private static string CacheRoot()
    {
        if (Environment.GetEnvironmentVariable("ZSMLC_CACHE") is { Length: > 0 } chosen)
        {
            return chosen;
        }

        var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(local.Length > 0 ? local : Path.GetTempPath(), "ZsMlc");
    }
}
