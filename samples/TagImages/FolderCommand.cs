using System.Globalization;
using System.Text.Json;
using ZsMlc.MLNet.Datasets;

namespace ZsMlc.Samples.TagImages;

/// <summary>Tags every picture of a folder into a CSV or JSON file.</summary>
internal static class FolderCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static int Run(FileInfo model, DirectoryInfo folder, FileInfo output, int top, float threshold, long maximumPixels, int? gpu)
    {
        if (!model.Exists || !folder.Exists)
        {
            Console.Error.WriteLine(model.Exists ? $"There is no folder {folder.FullName}." : $"There is no model {model.FullName}.");
            return 2;
        }

        var (tagged, unreadable, passedOver) = (0, 0, 0);
        using var tagger = new Tagger(model.FullName, gpu);
        var reading = new ImageDataOptions
        {
            Reading = new() { MaximumPixels = maximumPixels },
            SkipUnreadable = true,
            Unreadable = error =>
            {
                unreadable++;
                Console.Error.WriteLine(error.Message);
            },
            PassedOver = _ => passedOver++,
        };
        var rows = tagger.TagFolder(folder.FullName, top, reading)
            .Select(row =>
            {
                tagged++;
                return new Row(Path.GetRelativePath(folder.FullName, row.Path).Replace('\\', '/'), [.. row.Tags.Where(tag => tag.Score >= threshold)]);
            });

        var temporary = output.FullName + ".tmp";
        using (var writer = new StreamWriter(temporary))
        {
            if (output.Extension.Equals(".json", StringComparison.OrdinalIgnoreCase))
            {
                writer.Write(JsonSerializer.Serialize(rows, Json));
            }
            else
            {
                WriteCsv(writer, rows);
            }
        }

        File.Move(temporary, output.FullName, overwrite: true);
        Console.WriteLine($"{tagged} pictures tagged, {unreadable} not readable, {passedOver} other files passed over: {output.FullName}");
        return unreadable == 0 ? 0 : 1;
    }

    /// <summary>One line a tag: file, label, score.</summary>
    private static void WriteCsv(StreamWriter writer, IEnumerable<Row> rows)
    {
        writer.WriteLine("file,label,score");
        foreach (var row in rows)
        {
            foreach (var tag in row.Tags)
            {
                writer.WriteLine($"{Quote(row.File)},{Quote(tag.Label)},{tag.Score.ToString("0.####", CultureInfo.InvariantCulture)}");
            }
        }
    }

    private static string Quote(string text) =>
        text.AsSpan().IndexOfAny("\",\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private sealed record Row(string File, IReadOnlyList<Tag> Tags);
}
