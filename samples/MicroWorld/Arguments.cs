using System.Globalization;
using MicroWorld.Training;
using TorchSharp;
using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Runtime;

namespace MicroWorld;

/// <summary>Words and <c>--name value</c> pairs of the command line.</summary>
internal sealed class Arguments
{
    private static readonly string[] Known =
        ["clip", "corpus", "diffusion", "gpu", "guidance", "guidance-end", "guidance-start", "images", "only", "out", "pool", "rate", "scenes", "seed", "seeds", "size", "steps", "threads", "tower", "until", "work", "world"];

    private readonly Dictionary<string, string> options = [];

    /// <exception cref="ArgumentException">An option is not known, has no value, or is not for this command.</exception>
    public Arguments(IReadOnlyList<string> args)
    {
        var words = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                words.Add(args[i]);
            }
            else if (!Known.Contains(args[i][2..]))
            {
                throw new ArgumentException($"The option '{args[i]}' is not known; expected one of --{string.Join(", --", Known)}.");
            }
            else if (i + 1 == args.Count)
            {
                throw new ArgumentException($"The option '{args[i]}' has no value.");
            }
            else
            {
                options[args[i][2..]] = args[++i];
            }
        }

        Words = words;
        if (options.ContainsKey("gpu") && words is not ["train", "clip"])
        {
            throw new ArgumentException("The option '--gpu' is for 'train clip' alone; everything else runs on the CPU.");
        }
    }

    public IReadOnlyList<string> Words { get; }

    /// <summary>Folder for checkpoints of training runs.</summary>
    public string Work => Text("work", Path.Combine("artifacts", "micro"));

    /// <summary>The image tower of a CLIP to train or to export.</summary>
    /// <exception cref="ArgumentException">The value is not a tower.</exception>
    public MicroTower Tower => Text("tower", "resnet") switch
    {
        "resnet" => MicroTower.ResNet,
        "vit" => MicroTower.ViT,
        var other => throw new ArgumentException($"The option '--tower' is '{other}'; expected resnet or vit."),
    };

    /// <summary>The world that pictures and labels come from.</summary>
    /// <exception cref="ArgumentException">There is no such world.</exception>
    public WorldPlan World => Number("world", 1) switch
    {
        1 => WorldPlan.One,
        2 => WorldPlan.Two,
        var other => throw new ArgumentException($"The option '--world' is {other}; expected 1 or 2."),
    };

    /// <summary>Where networks are trained.</summary>
    /// <exception cref="InvalidOperationException">There is no such GPU.</exception>
    public torch.Device Device => TorchDevice.Select(options.ContainsKey("gpu") ? Number("gpu", 0) : null, fallbackToCpu: false);

    public string Text(string name, string standard) => options.GetValueOrDefault(name, standard);

    /// <exception cref="ArgumentException">The value is not a whole number.</exception>
    public int Number(string name, int standard) => Parse(name, standard, "a whole number");

    /// <exception cref="ArgumentException">The value is not a number.</exception>
    public double Decimal(string name, double standard) => Parse(name, standard, "a number");

    private T Parse<T>(string name, T standard, string expected)
        where T : IParsable<T> => options.TryGetValue(name, out var text)
        ? T.TryParse(text, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new ArgumentException($"The option '--{name}' is '{text}'; expected {expected}.")
        : standard;
}
