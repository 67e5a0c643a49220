namespace ZsMlc.MLNet.Datasets;

/// <summary>Gathers the labels of a COCO file's images.</summary>
internal sealed class CocoLabels
{
    private readonly string _path;
    private readonly Dictionary<CocoId, (int Order, string Name)> _categories;
    private readonly Dictionary<CocoId, SortedSet<(int Order, string Name)>> _labels = [];

    /// <summary>Starts with images that have no labels.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="images">Its images.</param>
    /// <param name="categories">Its categories by their id.</param>
    /// <exception cref="FormatException">An image has no id or file name, or an id occurs twice.</exception>
    public CocoLabels(string path, IReadOnlyList<CocoAnnotations.Image?> images, Dictionary<CocoId, (int Order, string Name)> categories)
    {
        (_path, _categories) = (path, categories);
        for (var i = 0; i < images.Count; i++)
        {
            if (images[i] is not { Id: { } id, FileName: { Length: > 0 } file })
            {
                throw new FormatException($"{path}: images[{i}] is {CocoAnnotations.Show(images[i])}; expected an id and a file_name.");
            }

            if (!_labels.TryAdd(id, []))
            {
                throw new FormatException($"{path}: images[{i}], '{file}', has the id {id}, which occurs twice.");
            }
        }
    }

    /// <summary>Adds an object's label to its image.</summary>
    /// <param name="index">Number of the object in the file.</param>
    /// <param name="annotation">The object.</param>
    /// <exception cref="FormatException">The object is incomplete, or its image or category is not listed.</exception>
    public void Add(int index, CocoAnnotations.Annotation? annotation)
    {
        if (annotation is not { ImageId: { } image, CategoryId: { } category })
        {
            throw new FormatException($"{_path}: annotations[{index}] is {CocoAnnotations.Show(annotation)}; expected an image_id and a category_id.");
        }

        if (!_labels.TryGetValue(image, out var found) || !_categories.TryGetValue(category, out var label))
        {
            throw new FormatException($"{_path}: annotations[{index}] refers to the image {image} and the category {category}, of which at least one is not listed.");
        }

        found.Add(label);
    }

    /// <summary>The labels of an image, in the order of the categories.</summary>
    public IReadOnlyList<string> Of(CocoAnnotations.Image image) => [.. _labels[image.Id!.Value].Select(l => l.Name)];
}
