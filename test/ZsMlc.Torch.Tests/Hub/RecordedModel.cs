namespace ZsMlc.Torch.Tests.Hub;

/// <summary>The model of the reference's recording, by the paths of its files.</summary>
internal static class RecordedModel
{
    public static Dictionary<string, byte[]> Files()
    {
        var root = Golden.PathOf("hub", "root", "example", "tiny-sd");
        return Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(root, f).Replace('\\', '/'), File.ReadAllBytes);
    }
}
