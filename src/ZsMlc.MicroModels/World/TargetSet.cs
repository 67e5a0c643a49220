namespace ZsMlc.MicroModels.World;

/// <summary>The parts of the labelled data set.</summary>
internal enum TargetSplit
{
    /// <summary>Only seen labels.</summary>
    Train,

    /// <summary>Only seen labels; for choosing settings.</summary>
    Validation,

    /// <summary>Seen and unseen labels.</summary>
    Test,

    /// <summary>Likewise, of a seed of its own; for a last look at a finished recipe.</summary>
    Sealed,

    /// <summary>Likewise; for training with photos of every label, which the method has to do without.</summary>
    FullyAnnotated,
}

/// <summary>The labelled data set: pictures in one style, mostly of several objects, every object labelled.</summary>
internal static class TargetSet
{
    public static int Count(TargetSplit split) => split switch
    {
        TargetSplit.Train or TargetSplit.FullyAnnotated => 1200,
        TargetSplit.Validation => 300,
        TargetSplit.Sealed => 2000,
        _ => 800,
    };

    public static Scene Picture(TargetSplit split, int index)
    {
        var random = new WorldRandom(12_000 + (ulong)split, (ulong)index);
        var count = 1 + random.Weighted(WorldPlan.Current.CountWeights);
        var labels = new List<string>(count);
        while (labels.Count < count)
        {
            var unseen = split >= TargetSplit.Test && random.Chance(0.45);
            var label = random.Pick(unseen ? WorldLabels.Unseen : WorldLabels.Seen);
            if (!labels.Contains(label))
            {
                labels.Add(label);
            }
        }

        return Scene.Compose(ref random, labels, WorldStyle.Photo);
    }
}
