using ZsMlc.MLNet.Images;
using ZsMlc.Samples.ZeroShotCoco.Data;

namespace ZsMlc.Samples.ZeroShotCoco.Doctor;

/// <summary>Do the annotations and the folder of photos belong together?</summary>
internal static class DataCheck
{
    private const int Decoded = 20;

    public static string Photos(string annotations, string folder)
    {
        var file = CocoFile.Read(annotations);
        var missing = file.Images.Where(i => !File.Exists(Path.Combine(folder, i.FileName))).Select(i => i.FileName).ToArray();
        if (missing.Length > 0)
        {
            throw new FileNotFoundException($"{missing.Length} of {file.Images.Count} photos of {annotations} are not in {folder}, the first is {missing[0]}.");
        }

        // A spread of photos tells a broken copy from a good one without reading all of them.
        var stride = Math.Max(1, file.Images.Count / Decoded);
        foreach (var image in file.Images.Where((_, i) => i % stride == 0))
        {
            ImageReader.Read(Path.Combine(folder, image.FileName)).Dispose();
        }

        var counts = file.Annotations.Select(a => (a.ImageId, a.CategoryId)).Distinct().Count();
        return FormattableString.Invariant($"{file.Images.Count} photos, {(double)counts / Math.Max(1, file.Images.Count):0.0} labels each");
    }

    public static string Disk(string folder, long needed)
    {
        Directory.CreateDirectory(folder);
        var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        return free >= needed
            ? FormattableString.Invariant($"{free / 1e9:0.#} GB free, about {needed / 1e9:0.##} GB needed")
            : throw new IOException(FormattableString.Invariant($"{folder} has {free / 1e9:0.#} GB free, but about {needed / 1e9:0.#} GB are needed."));
    }
}
