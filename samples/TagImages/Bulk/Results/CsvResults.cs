using System.Globalization;
using System.Text;

namespace ZsMlc.Samples.TagImages.Bulk.Results;

/// <summary>A line a tag; a picture without tags has one line with neither label nor score, an unreadable one a line with its error.</summary>
internal static class CsvResults
{
    public static void Write(Stream stream, IEnumerable<TaggedPicture> pictures)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("file,label,score,size,sha256,error");
        foreach (var picture in pictures)
        {
            var (file, end) = (Quote(picture.File), string.Create(CultureInfo.InvariantCulture, $"{picture.Size},{picture.Sha256},{Quote(picture.Error ?? "")}"));
            foreach (var tag in picture.Tags)
            {
                writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file},{Quote(tag.Label)},{tag.Score:0.######},{end}"));
            }

            if (picture.Tags.Count == 0)
            {
                writer.WriteLine($"{file},,,{end}");
            }
        }
    }

    private static string Quote(string text) =>
        text.AsSpan().IndexOfAny("\",\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
