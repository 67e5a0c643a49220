namespace ZsMlc.MLNet.SyntheticData;

/// <summary>How generated images are written.</summary>
public enum ImageFileFormat
{
    /// <summary>PNG: exact, about 1.4 bytes a pixel for photos.</summary>
    Png,

    /// <summary>JPEG of quality 95: about a fifth of the room, not exact.</summary>
    Jpeg,
}
