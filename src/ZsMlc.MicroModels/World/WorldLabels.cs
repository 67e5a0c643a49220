namespace ZsMlc.MicroModels.World;

/// <summary>The labels of the micro world, all of them COCO category names.</summary>
internal static class WorldLabels
{
    /// <summary>Labels without a single labelled photo.</summary>
    public static string[] Unseen => WorldPlan.Current.Unseen;

    /// <summary>Labels of the labelled photos.</summary>
    public static string[] Seen => WorldPlan.Current.Seen;

    /// <summary>Unseen labels first, then the seen ones.</summary>
    public static string[] All => WorldPlan.Current.All;

    public static int IndexOf(string label) => Array.IndexOf(All, label);
}
