using System.Globalization;

namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>Where the files of a store are. Numbered folders hold a thousand slots each.</summary>
internal static class StoreLayout
{
    public const string Identity = "store.json", Lock = "store.lock", Manifest = "annotations.json";

    public const string Images = "images", Rejected = "rejected", Records = "records", Prompts = "prompts";

    /// <summary>The record of a slot.</summary>
    public static string Record(int slot) => $"{Records}/{Numbered(slot)}.json";

    /// <summary>The accepted image of a slot.</summary>
    public static string Image(int slot, string ending) => $"{Images}/{Numbered(slot)}{ending}";

    /// <summary>An image that was not accepted.</summary>
    public static string RejectedImage(int slot, int attempt, string ending) =>
        string.Create(CultureInfo.InvariantCulture, $"{Rejected}/{Numbered(slot)}-{attempt:D2}{ending}");

    /// <summary>Number of accepted images in a store, which need not exist.</summary>
    public static int CountImages(string store)
    {
        var folder = Path.Combine(store, Images);
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Count() : 0;
    }

    private static string Numbered(int slot) => string.Create(CultureInfo.InvariantCulture, $"{slot / 1000:D3}/{slot:D6}");
}
