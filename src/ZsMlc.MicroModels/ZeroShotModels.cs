namespace ZsMlc.MicroModels;

/// <summary>Models that need no download.</summary>
public static class ZeroShotModels
{
    private static readonly Lazy<MicroBundle> s_micro = new(MicroBundle.Unpack);

    /// <summary>
    /// Gets the micro models and their labelled pictures. The first use on a machine unpacks about 20 MB to a folder of the user;
    /// later ones find them there.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be written; set <c>ZSMLC_CACHE</c> to one that can.</exception>
    public static MicroBundle Micro => s_micro.Value;
}
