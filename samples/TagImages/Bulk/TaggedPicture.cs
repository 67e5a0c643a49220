namespace ZsMlc.Samples.TagImages.Bulk;

/// <summary>What is known of one file: a line of a part.</summary>
/// <param name="File">Its path from the folder, with forward slashes.</param>
/// <param name="Size">Its length in bytes; <see langword="null"/> where it could not be opened.</param>
/// <param name="Sha256">SHA-256 of its bytes, 64 hexadecimal digits.</param>
/// <param name="Tags">Its tags, the likeliest first; none for an unreadable picture.</param>
/// <param name="Error">Why the picture could not be read, or <see langword="null"/>.</param>
internal sealed record TaggedPicture(string File, long? Size, string? Sha256, IReadOnlyList<Tag> Tags, string? Error);
