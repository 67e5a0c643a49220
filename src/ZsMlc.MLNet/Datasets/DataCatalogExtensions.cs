using System.IO.Enumeration;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Datasets;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet;

/// <summary>Loaders of multi-label image sets, on <c>ml.Data</c>.</summary>
public static class DataCatalogExtensions
{
    extension(DataOperationsCatalog catalog)
    {
        /// <summary>Loads images with the labels of a COCO instances file.</summary>
        /// <param name="annotationFile">JSON file with <c>images</c>, <c>annotations</c> and <c>categories</c>.</param>
        /// <param name="imageFolder">Folder of the image files.</param>
        /// <param name="options">Choice of labels and images; by default everything.</param>
        /// <returns>A lazy view: <c>Image</c> (MLImage), <c>ImagePath</c> (Text), <c>Labels</c> (Vector&lt;Text&gt;: the labels that apply). Reading an image that cannot be decoded throws <see cref="ImageReadException"/>.</returns>
        /// <exception cref="FileNotFoundException">The annotation file does not exist.</exception>
        /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
        /// <exception cref="FormatException">The file is not COCO JSON, or a <c>file_name</c> leads out of the folder (absolute, or by <c>..</c>). Both kinds of separators are read; links within the folder are followed.</exception>
        public IDataView LoadFromCoco(string annotationFile, string imageFolder, ImageDataOptions? options = null)
        {
            options ??= new();
            CheckFile(annotationFile);
            CheckFolder(imageFolder);
            return ImageRows.View(catalog.Environment(), [.. ImageRows.Choose(CocoAnnotations.Read(annotationFile, imageFolder), options)], labels: true, options);
        }

        /// <summary>Loads images with the labels of NUS-WIDE's text files.</summary>
        /// <param name="imageList">Text file such as <c>TestImagelist.txt</c>, one relative path a line.</param>
        /// <param name="imageFolder">Folder that the paths start from.</param>
        /// <param name="labels">One or several label matrices; their labels are united.</param>
        /// <param name="options">Choice of labels and images; by default everything.</param>
        /// <returns>A view like that of <c>LoadFromCoco</c>.</returns>
        /// <exception cref="FileNotFoundException">A file does not exist.</exception>
        /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
        /// <exception cref="FormatException">The files do not fit together, a path leads out of the folder, or a file is a Git LFS pointer.</exception>
        public IDataView LoadFromNusWide(string imageList, string imageFolder, IReadOnlyList<NusWideLabels> labels, ImageDataOptions? options = null)
        {
            options ??= new();
            CheckFile(imageList);
            CheckFolder(imageFolder);
            foreach (var source in labels)
            {
                CheckFile(source.MatrixFile);
                CheckFile(source.NamesFile);
            }

            return ImageRows.View(catalog.Environment(), [.. ImageRows.Choose(NusWideLists.Read(imageList, imageFolder, labels), options)], labels: true, options);
        }

        /// <summary>Loads the images of a folder, ordered by path, without labels: pictures to be tagged. Files that are passed over for their ending are counted in a message in <c>MLContext.Log</c>.</summary>
        /// <param name="folder">The folder. Files with one of <see cref="ImageReader.Extensions"/>, in upper or lower case, are taken.</param>
        /// <param name="recursive">Whether folders within are searched too; links to folders are not followed. Default false.</param>
        /// <param name="options">How to read, and what to do with unreadable files and those passed over; the other options do not apply.</param>
        /// <returns>A lazy view: <c>Image</c> (MLImage), <c>ImagePath</c> (Text).</returns>
        /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
        public IDataView LoadImagesFromFolder(string folder, bool recursive = false, ImageDataOptions? options = null)
        {
            options ??= new();
            CheckFolder(folder);
            var files = FilesOf(folder, recursive).Order(StringComparer.Ordinal).ToLookup(ImageReader.HasImageExtension);
            Report(catalog.Environment(), folder, [.. files[false]], options.PassedOver);
            return catalog.LoadImagesFromFiles([.. files[true]], options);
        }

        /// <summary>Loads images from a list of files, in its order, without labels: pictures to be tagged, such as one part of very many.</summary>
        /// <param name="files">Paths of the files, whatever their endings.</param>
        /// <param name="options">How to read, and what to do with unreadable files; the other options do not apply.</param>
        /// <returns>A lazy view: <c>Image</c> (MLImage), <c>ImagePath</c> (Text: the path as it stands in the list).</returns>
        public IDataView LoadImagesFromFiles(IReadOnlyList<string> files, ImageDataOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(files);
            return ImageRows.View(catalog.Environment(), [.. files.Select(f => new ImageRow(f, []))], labels: false, options ?? new());
        }
    }

    // Links to folders may make a circle. Nothing is skipped for its attributes, unlike by default.
    private static FileSystemEnumerable<string> FilesOf(string folder, bool recursive) =>
        new(folder, (ref entry) => entry.ToSpecifiedFullPath(), new() { RecurseSubdirectories = recursive, AttributesToSkip = 0, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref entry) => entry.ToFileSystemInfo().LinkTarget is null,
        };

    private static void Report(IHostEnvironment environment, string folder, List<string> passedOver, Action<string>? report)
    {
        passedOver.ForEach(report ?? (_ => { }));
        if (passedOver.Count > 0)
        {
            var endings = passedOver.CountBy(f => Path.GetExtension(f), StringComparer.OrdinalIgnoreCase).OrderByDescending(e => e.Value).Take(5).Select(e => $"{e.Value} {(e.Key is { Length: > 0 } ending ? ending : "without an ending")}");
            environment.Info(nameof(LoadImagesFromFolder), $"{passedOver.Count} files in {folder} were passed over, as their endings are not those of pictures: {string.Join(", ", endings)}.");
        }
    }

    private static void CheckFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file {path}.", path);
        }
    }

    private static void CheckFolder(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            throw new DirectoryNotFoundException($"There is no folder {path}.");
        }
    }
}
