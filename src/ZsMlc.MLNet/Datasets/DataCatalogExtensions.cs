using Microsoft.ML;
using ZsMlc.MLNet.Datasets;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet;

/// <summary>Loaders of multi-label image sets, on <c>ml.Data</c>.</summary>
public static class DataCatalogExtensions
{
    private static readonly string[] s_extensions = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"];

    extension(DataOperationsCatalog catalog)
    {
        /// <summary>Loads images with the labels of a COCO instances file.</summary>
        /// <param name="annotationFile">JSON file with <c>images</c>, <c>annotations</c> and <c>categories</c>.</param>
        /// <param name="imageFolder">Folder of the image files.</param>
        /// <param name="options">Choice of labels and images; by default everything.</param>
        /// <returns>A lazy view: <c>Image</c> (MLImage), <c>ImagePath</c> (Text), <c>Labels</c> (Vector&lt;Text&gt;: the labels that apply). Reading an image that cannot be decoded throws <see cref="ImageReadException"/>.</returns>
        /// <exception cref="FileNotFoundException">The annotation file does not exist.</exception>
        /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
        /// <exception cref="FormatException">The file is not COCO JSON.</exception>
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
        /// <exception cref="FormatException">The files do not fit together.</exception>
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

        /// <summary>Loads the images of a folder, ordered by path, without labels: pictures to be tagged.</summary>
        /// <param name="folder">The folder. Files with the endings jpg, jpeg, png, webp, gif and bmp are taken.</param>
        /// <param name="recursive">Whether folders within are searched too. Default false.</param>
        /// <param name="options">What to do with unreadable files; the other options do not apply.</param>
        /// <returns>A lazy view: <c>Image</c> (MLImage), <c>ImagePath</c> (Text).</returns>
        /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
        public IDataView LoadImagesFromFolder(string folder, bool recursive = false, ImageDataOptions? options = null)
        {
            CheckFolder(folder);
            var files = Directory.EnumerateFiles(folder, "*", recursive ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly)
                .Where(f => s_extensions.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal);
            return ImageRows.View(catalog.Environment(), [.. files.Select(f => new ImageRow(f, []))], labels: false, options ?? new());
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
