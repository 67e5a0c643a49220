using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.Datasets;

/// <summary>A matrix of 0 and 1, one line an image, and the names of its columns, one a line: NUS-WIDE's form of labels.</summary>
/// <param name="MatrixFile">Text file such as <c>Test_Tags81.txt</c> or <c>Train_Tags1k.dat</c>; columns are separated by blanks or tabs.</param>
/// <param name="NamesFile">Text file such as <c>Concepts81.txt</c> or <c>TagList1k.txt</c>.</param>
public sealed record NusWideLabels(string MatrixFile, string NamesFile);

/// <summary>Reads NUS-WIDE's text files.</summary>
internal static class NusWideLists
{
    /// <summary>Reads the rows of an image list and one or several matrices, whose labels are united.</summary>
    /// <exception cref="FormatException">A file has another number of lines or columns, or other values than 0 and 1, the list names a file outside the folder, or a file is a Git LFS pointer.</exception>
    public static List<ImageRow> Read(string imageList, string folder, IReadOnlyList<NusWideLabels> sources)
    {
        var paths = Lines(imageList).ToList();
        var labels = paths.Select(_ => new List<string>()).ToList();
        foreach (var source in sources)
        {
            var names = Lines(source.NamesFile).ToList();
            var row = 0;
            foreach (var line in Lines(source.MatrixFile))
            {
                if (row < paths.Count)
                {
                    Add(labels[row], line, names, source, row);
                }

                row++;
            }

            if (row != paths.Count)
            {
                throw new FormatException($"{source.MatrixFile} has {row} rows, but {imageList} lists {paths.Count} images.");
            }
        }

        return [.. paths.Select((p, i) => new ImageRow(PathOf(imageList, folder, p, i), [.. labels[i].Distinct()]))];
    }

    private static IEnumerable<string> Lines(string path)
    {
        try
        {
            GitLfsPointer.Refuse(path);
        }
        catch (CheckpointFormatException e)
        {
            throw new FormatException(e.Message, e);
        }

        return File.ReadLines(path).Select(l => l.Trim()).Where(l => l.Length > 0);
    }

    private static string PathOf(string imageList, string folder, string name, int row) =>
        ListedPath.Within(folder, name) ?? throw new FormatException($"{imageList}, image {row + 1}: '{name}' leads out of the image folder; expected a path within it.");

    private static void Add(List<string> labels, string line, List<string> names, NusWideLabels source, int row)
    {
        var column = 0;
        foreach (var range in line.AsSpan().SplitAny(' ', '\t'))
        {
            var cell = line.AsSpan()[range].Trim();
            if (cell.IsEmpty)
            {
                continue;
            }

            if (cell is not ("0" or "1"))
            {
                throw new FormatException($"{source.MatrixFile}, line {row + 1}: found '{cell}', expected 0 or 1.");
            }

            if (cell is "1" && column < names.Count)
            {
                labels.Add(names[column]);
            }

            column++;
        }

        if (column != names.Count)
        {
            throw new FormatException($"{source.MatrixFile}, line {row + 1} has {column} columns, but {source.NamesFile} lists {names.Count} names.");
        }
    }
}
