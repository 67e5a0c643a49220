namespace ZsMlc.MicroModels.World;

/// <summary>The labels of the micro world, all of them COCO category names.</summary>
internal static class WorldLabels
{
    /// <summary>Labels without a single labelled photo.</summary>
    public static readonly string[] Unseen =
        ["bus", "dog", "elephant", "umbrella", "cup", "cake", "scissors", "airplane"];

    /// <summary>Labels of the labelled photos.</summary>
    public static readonly string[] Seen =
    [
        "bicycle", "apple", "train", "laptop", "carrot", "motorcycle", "chair", "boat",
        "sheep", "horse", "sandwich", "clock", "tv", "backpack", "book", "orange",
        "bird", "pizza", "bear", "giraffe", "banana", "donut", "car", "truck",
    ];

    /// <summary>Unseen labels first, then the seen ones.</summary>
    public static readonly string[] All = [.. Unseen, .. Seen];

    public static int IndexOf(string label) => Array.IndexOf(All, label);
}
