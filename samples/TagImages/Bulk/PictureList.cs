using System.Security.Cryptography;
using System.Text.Json;
using ZsMlc.MLNet.Images;

namespace ZsMlc.Samples.TagImages.Bulk;

/// <summary>
/// The pictures of a folder, subfolders included, in an order that is the same in every process: a text file with one JSON
/// string a line, so that a million names are never in memory at a time.
/// </summary>
/// <param name="File">The list.</param>
/// <param name="Count">Number of pictures.</param>
/// <param name="PassedOver">Number of files that are none, by their endings.</param>
/// <param name="Sha256">SHA-256 of the list.</param>
internal sealed record PictureList(string File, int Count, int PassedOver, string Sha256)
{
    /// <summary>Lists a folder into a file. Links to folders are not followed, so that a circle of links has an end.</summary>
    public static PictureList Write(DirectoryInfo folder, string file)
    {
        var (count, passedOver, sha256) = (0, 0, "");
        WholeFile.Write(file, stream =>
        {
            using var hash = SHA256.Create();
            using (var hashed = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true))
            {
                foreach (var path in FilesOf(folder))
                {
                    if (!ImageReader.HasImageExtension(path))
                    {
                        passedOver++;
                        continue;
                    }

                    count++;
                    hashed.Write(JsonSerializer.SerializeToUtf8Bytes(Path.GetRelativePath(folder.FullName, path).Replace('\\', '/')));
                    hashed.WriteByte((byte)'\n');
                }
            }

            sha256 = Convert.ToHexStringLower(hash.Hash!);
        });
        return new(file, count, passedOver, sha256);
    }

    /// <summary>The pictures of a list in pieces: paths from the folder, with forward slashes.</summary>
    /// <exception cref="InvalidDataException">The file is not the list that the job was begun with.</exception>
    public IEnumerable<string[]> Chunks(int size)
    {
        using (var stream = System.IO.File.OpenRead(File))
        {
            if (Convert.ToHexStringLower(SHA256.HashData(stream)) != Sha256)
            {
                throw new InvalidDataException($"{File} is damaged: it is not the list that the work was begun with. Delete its folder to begin again.");
            }
        }

        return System.IO.File.ReadLines(File).Select(line => JsonSerializer.Deserialize<string>(line)!).Chunk(size);
    }

    private static IEnumerable<string> FilesOf(DirectoryInfo folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder.FullName).Order(StringComparer.Ordinal))
        {
            yield return file;
        }

        foreach (var inner in folder.EnumerateDirectories().Where(d => d.LinkTarget is null).OrderBy(d => d.Name, StringComparer.Ordinal))
        {
            foreach (var file in FilesOf(inner))
            {
                yield return file;
            }
        }
    }
}
