namespace ZsMlc.MicroModels.World;

/// <summary>What a micro world consists of.</summary>
/// <param name="Unseen">Labels without a single labelled photo.</param>
/// <param name="Seen">Labels of the labelled photos.</param>
/// <param name="CountWeights">Share of the labelled set's pictures with one, two, three… objects.</param>
internal sealed record WorldPlan(string[] Unseen, string[] Seen, double[] CountWeights)
{
    /// <summary>The world of the bundled models: few labels, two to five objects a picture.</summary>
    public static WorldPlan One { get; } = new(
        ["bus", "dog", "elephant", "umbrella", "cup", "cake", "scissors", "airplane"],
        [
            "bicycle", "apple", "train", "laptop", "carrot", "motorcycle", "chair", "boat",
            "sheep", "horse", "sandwich", "clock", "tv", "backpack", "book", "orange",
            "bird", "pizza", "bear", "giraffe", "banana", "donut", "car", "truck",
        ],
        [0, 0.2, 0.35, 0.3, 0.15]);

    /// <summary>The labels of the COCO split 48/17, as far as there are drawings, and two to six objects a picture: a pilot, without models in the bundle.</summary>
    public static WorldPlan Two { get; } = new(
        [
            "airplane", "bus", "cat", "dog", "cow", "elephant", "umbrella", "tie", "snowboard",
            "skateboard", "cup", "knife", "cake", "couch", "keyboard", "sink", "scissors",
        ],
        [
            "person", "bicycle", "car", "motorcycle", "train", "truck", "boat", "bird", "horse", "sheep", "bear", "zebra", "giraffe", "backpack",
            "handbag", "suitcase", "frisbee", "skis", "kite", "surfboard", "bottle", "fork", "spoon", "bowl", "banana", "apple", "sandwich", "orange",
            "broccoli", "carrot", "pizza", "donut", "chair", "bed", "toilet", "tv", "laptop", "mouse", "book", "clock", "vase", "toothbrush",
        ],
        [0, 0.15, 0.25, 0.25, 0.2, 0.15]);

    /// <summary>The world of this process; set before anything else is asked of it.</summary>
    public static WorldPlan Current { get; set; } = One;

    /// <summary>Unseen labels first, then the seen ones.</summary>
    public string[] All { get; } = [.. Unseen, .. Seen];
}
