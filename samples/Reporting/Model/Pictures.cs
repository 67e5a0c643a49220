namespace ZsMlc.Samples.Reporting;

/// <summary>An encoded picture, PNG or JPEG, and the words that stand for it.</summary>
public sealed record Picture(byte[] Content, int Width, int Height, string Description)
{
    /// <summary>The media type, read off the first bytes.</summary>
    public string MediaType => Content switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => "image/png",
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        _ => throw new InvalidDataException($"The picture '{Description}' is neither PNG nor JPEG."),
    };

    public string ToDataUri() => $"data:{MediaType};base64,{Convert.ToBase64String(Content)}";
}

/// <summary>A label and a probability, 0 to 1.</summary>
public sealed record LabelScore(string Label, double Score);

/// <summary>A generated picture with the judge's scores of the labels that it should show.</summary>
public sealed record GeneratedPicture(
    Picture Picture, string Prompt, IReadOnlyList<LabelScore> Targets, bool Accepted, double Threshold, string Reason = "");

/// <summary>A guess about a picture: is the label right, and was it without photos in training?</summary>
public sealed record Tag(string Label, double Score, bool Correct, bool Unseen);

/// <summary>A picture with its highest labels and the true ones that are not among them.</summary>
public sealed record TaggedPicture(Picture Picture, IReadOnlyList<Tag> Tags, IReadOnlyList<string> Missed);
