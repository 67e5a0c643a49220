namespace ZsMlc.MLNet.Images;

/// <summary>An image in memory.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Pixels">RGB bytes, row by row.</param>
internal sealed record RgbPixels(int Width, int Height, byte[] Pixels);
