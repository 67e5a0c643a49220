using ZsMlc.Torch.Hub;

namespace ZsMlc.Samples.ZeroShotCoco.Doctor;

/// <summary>What lies of a checkpoint in the hub's cache, and what a download would fetch.</summary>
internal static class HubCheck
{
    private const int Listed = 6;

    /// <summary>Whether a model is there as a whole.</summary>
    public static bool IsCached(string name)
    {
        try
        {
            ModelHub.Resolve(name);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>The size of a cached model, without the network.</summary>
    /// <exception cref="FileNotFoundException">It is not cached; the message says how to get it.</exception>
    public static string Cached(string name)
    {
        var folder = ModelHub.Resolve(name);
        var sizes = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => (new FileInfo(f).ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? new FileInfo(f)).Length).ToList();
        return $"cached: {sizes.Count} files, {Checkup.Size(sizes.Sum())} in {folder}";
    }

    /// <summary>What the hub would send, by its own list; nothing is fetched.</summary>
    public static string Planned(string name)
    {
        var plan = ModelHub.PlanAsync(name).GetAwaiter().GetResult();
        var (cached, missing) = (plan.Files.Where(f => f.IsCached).ToList(), plan.Files.Where(f => !f.IsCached).OrderByDescending(f => f.Size).ToList());
        var list = string.Join(", ", missing.Take(Listed).Select(f => $"{f.Path} {Checkup.Size(f.Size)}"));
        return $"{cached.Count} of {plan.Files.Count} files are cached, {Checkup.Size(cached.Sum(f => f.Size))}; "
            + (missing.Count == 0 ? "nothing would be fetched" : $"--download would fetch {Checkup.Size(plan.MissingBytes)}: {list}{(missing.Count > Listed ? $" and {missing.Count - Listed} smaller ones" : "")}");
    }
}
