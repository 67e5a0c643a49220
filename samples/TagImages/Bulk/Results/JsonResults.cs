namespace ZsMlc.Samples.TagImages.Bulk.Results;

/// <summary>An object a picture: a line each, or an array of them.</summary>
internal static class JsonResults
{
    public static void WriteLines(Stream stream, IEnumerable<TaggedPicture> pictures)
    {
        foreach (var picture in pictures)
        {
            stream.Write(PartFolder.Line(picture));
        }
    }

    public static void WriteArray(Stream stream, IEnumerable<TaggedPicture> pictures)
    {
        var separator = "[\n"u8.ToArray();
        foreach (var picture in pictures)
        {
            stream.Write(separator);
            stream.Write(PartFolder.Line(picture).AsSpan()[..^1]);
            separator = ",\n"u8.ToArray();
        }

        stream.Write(separator[0] == '[' ? "[]\n"u8 : "\n]\n"u8);
    }
}
