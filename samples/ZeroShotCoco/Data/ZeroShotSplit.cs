namespace ZsMlc.Samples.ZeroShotCoco.Data;

/// <summary>The published protocol: train on pictures without any unseen object, test on pictures with at least one.</summary>
internal static class ZeroShotSplit
{
    /// <summary>The pictures that show a seen label and no unseen one, with their seen annotations.</summary>
    public static CocoFile Training(CocoFile all, LabelFile labels)
    {
        var (seen, unseen) = (Ids(all, labels.Seen), Ids(all, labels.Unseen));
        var excluded = all.Annotations.Where(a => unseen.Contains(a.CategoryId)).Select(a => a.ImageId).ToHashSet();
        return Select(all, labels.Seen, a => seen.Contains(a.CategoryId) && !excluded.Contains(a.ImageId));
    }

    /// <summary>The pictures that show an unseen label, with their seen and unseen annotations.</summary>
    public static CocoFile Test(CocoFile all, LabelFile labels)
    {
        var (seen, unseen) = (Ids(all, labels.Seen), Ids(all, labels.Unseen));
        var wanted = all.Annotations.Where(a => unseen.Contains(a.CategoryId)).Select(a => a.ImageId).ToHashSet();
        return Select(
            all, [.. labels.Seen, .. labels.Unseen],
            a => wanted.Contains(a.ImageId) && (seen.Contains(a.CategoryId) || unseen.Contains(a.CategoryId)));
    }

    private static CocoFile Select(CocoFile all, IReadOnlyList<string> names, Func<CocoAnnotation, bool> keep)
    {
        var annotations = all.Annotations.Where(keep).ToArray();
        var images = annotations.Select(a => a.ImageId).ToHashSet();
        return new(
            [.. all.Images.Where(i => images.Contains(i.Id))], annotations,
            [.. all.Categories.Where(c => names.Contains(c.Name, StringComparer.Ordinal))]);
    }

    private static HashSet<int> Ids(CocoFile file, IReadOnlyList<string> names) =>
        [.. names.Select(name => file.Categories.FirstOrDefault(c => c.Name == name)?.Id
            ?? throw new InvalidDataException($"The annotations have no category '{name}'."))];
}
