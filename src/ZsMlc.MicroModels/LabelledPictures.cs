namespace ZsMlc.MicroModels;

/// <summary>A folder of PNG pictures (32 × 32) and their annotations in COCO's JSON layout.</summary>
/// <param name="Images">Folder of the pictures.</param>
/// <param name="Annotations">The JSON file: images, categories, and one annotation with its box an object.</param>
public sealed record LabelledPictures(string Images, string Annotations);
