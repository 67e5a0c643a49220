namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Other names that count as naming a label in a prompt: synonyms and kinds ("sofa" for couch, "puppy" or "beagle" for dog).</summary>
/// <remarks>Plurals, possessives and adjectives in -y of a name count by themselves and need not be listed.</remarks>
public sealed class LabelNames
{
    private static readonly string[] Birds =
    [
        "seagull", "gull", "eagle", "owl", "penguin", "swallow", "flamingo", "pelican", "pigeon", "duck", "goose", "swan", "sparrow", "parrot", "hawk", "crow",
    ];

    private readonly Dictionary<string, string[]> names;

    /// <summary>Builds a list of names.</summary>
    /// <param name="names">Label → other names of it; case does not matter.</param>
    public LabelNames(IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        this.names = names.ToDictionary(n => n.Key, n => n.Value.ToArray(), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>No other names: only the label itself counts.</summary>
    public static LabelNames None { get; } = new([]);

    /// <summary>Other names of common photo labels (the unseen ones of MS-COCO and frequent ones of NUS-WIDE).</summary>
    public static LabelNames Default { get; } = new(new Dictionary<string, IReadOnlyList<string>>
    {
        ["airplane"] = ["plane", "aeroplane", "aircraft", "airliner", "jet", "biplane", "seaplane", "glider"],
        ["bird"] = Birds,
        ["birds"] = Birds,
        ["boat"] = ["ship", "sailboat", "rowboat", "speedboat", "yacht", "canoe", "ferry"],
        ["boats"] = ["ship", "sailboat", "rowboat", "speedboat", "yacht", "canoe", "ferry"],
        ["buildings"] = ["skyscraper", "house", "high-rise"],
        ["bus"] = ["minibus", "autobus"],
        ["cake"] = ["cheesecake", "shortcake", "layer cake", "gateau"],
        ["car"] = ["automobile", "sedan", "convertible", "suv"],
        ["cars"] = ["automobile", "sedan", "convertible", "suv"],
        ["cat"] = ["kitten", "kitty", "feline", "tabby", "tomcat"],
        ["couch"] = ["sofa", "settee", "loveseat"],
        ["cow"] = ["cattle", "bovine", "calf", "heifer"],
        ["cup"] = ["mug", "teacup", "goblet"],
        ["dog"] =
        [
            "puppy", "pup", "doggy", "canine", "hound", "greyhound", "bulldog", "sheepdog", "retriever", "labrador", "terrier", "beagle", "poodle",
            "boxer", "dachshund", "chihuahua", "pomeranian", "pug", "great dane", "german shepherd", "border collie", "collie", "husky",
            "rottweiler", "corgi", "dalmatian", "spaniel", "shih tzu", "mastiff", "schnauzer", "doberman", "malamute", "samoyed", "mutt",
        ],
        ["fire"] = ["flame", "blaze", "inferno"],
        ["flowers"] = ["rose", "tulip", "daisy", "lily", "sunflower", "wildflower", "blossom"],
        ["house"] = ["cottage", "mansion", "bungalow", "townhouse", "cabin", "villa"],
        ["keyboard"] = ["computer keyboard"],
        ["computer keyboard"] = ["keyboard"],
        ["knife"] = ["pocketknife", "penknife", "jackknife"],
        ["motorcycle"] = ["motorbike"],
        ["mountain"] = ["mountaintop", "mountainside"],
        ["nighttime"] = ["night"],
        ["plants"] = ["tree", "flower", "wildflower", "fern", "bush", "shrub"],
        ["protest"] = ["protester", "demonstration", "demonstrator"],
        ["rocks"] = ["boulder"],
        ["scissors"] = ["shears"],
        ["sign"] = ["signpost", "signboard"],
        ["sink"] = ["washbasin", "basin"],
        ["skateboard"] = ["skateboarder", "skateboarding"],
        ["snowboard"] = ["snowboarder", "snowboarding"],
        ["snowboard equipment"] = ["snowboard", "snowboarder", "snowboarding"],
        ["street"] = ["avenue", "boulevard"],
        ["swimmers"] = ["swimmer"],
        ["tie"] = ["necktie", "bow tie", "bowtie"],
        ["tv"] = ["television"],
        ["water"] = ["lake", "ocean", "sea", "river", "pond", "stream", "brook", "waterfall"],
        ["umbrella"] = ["parasol"],
    });

    /// <summary>The label followed by its other names.</summary>
    /// <param name="label">A label name.</param>
    public IReadOnlyList<string> Of(string label) => names.TryGetValue(label, out var others) ? [label, .. others] : [label];
}
