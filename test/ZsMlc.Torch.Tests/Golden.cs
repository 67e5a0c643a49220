using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.Torch.Tests;

/// <summary>
/// Golden vectors of an independent implementation, in the parts <c>classifier</c>, <c>sd</c>, <c>sdxl</c>, <c>newest</c>, <c>clip</c>, <c>vit</c> and <c>hub</c>. They lie
/// beside the tests; the environment variable <c>ZSMLC_GOLDEN</c> points at another folder with vectors of the same
/// layout: one with such parts as subfolders, or one part itself. A part that it lacks is taken from beside the tests.
/// </summary>
internal static partial class Golden
{
    private static readonly (string Part, string Mark)[] s_parts =
    [
        ("classifier", "tiny_model.safetensors"), ("sd", "tiny-sd"), ("sdxl", "tiny-sdxl"), ("newest", "sd_sharded"), ("clip", "tokens.json"), ("vit", "tiny_vit.safetensors"), ("hub", "cache.tar"),
    ];
    private static readonly string s_shipped = Path.Combine(AppContext.BaseDirectory, "Golden");
    private static readonly Dictionary<string, string> s_folders = Folders(Environment.GetEnvironmentVariable("ZSMLC_GOLDEN"));

    /// <summary>The folder of every part, with the folder that was chosen, if any.</summary>
    public static Dictionary<string, string> Folders(string? chosen)
    {
        var shipped = s_parts.ToDictionary(p => p.Part, p => Path.Combine(s_shipped, p.Part));
        if (string.IsNullOrEmpty(chosen))
        {
            return shipped;
        }

        bool Holds(string folder, string mark) => Path.Exists(Path.Combine(folder, mark));
        var found = s_parts.SelectMany(p => new[] { (p.Part, Folder: Path.Combine(chosen, p.Part), p.Mark), (p.Part, Folder: chosen, p.Mark) })
            .Where(c => Holds(c.Folder, c.Mark)).DistinctBy(c => c.Part).ToDictionary(c => c.Part, c => c.Folder);
        return found.Count > 0
            ? s_parts.ToDictionary(p => p.Part, p => found.GetValueOrDefault(p.Part, shipped[p.Part]))
            : throw new DirectoryNotFoundException($"ZSMLC_GOLDEN names {chosen}, which holds no golden vectors: neither {string.Join(", ", s_parts.Select(p => p.Part))} nor the files of one of them.");
    }

    public static string PathOf(string part, params string[] parts) => Path.Combine([s_folders[part], .. parts]);

    public static SafetensorsFile Open(string part, params string[] parts) => SafetensorsFile.Open(PathOf(part, parts));
}
