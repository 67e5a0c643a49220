namespace ZsMlc.Torch.Clip;

/// <summary>Mean and standard deviation of every colour by which pixels from 0 to 1 are normalised: (x − mean) / deviation.</summary>
public sealed record PixelNormalization(float RedMean, float GreenMean, float BlueMean, float RedDeviation, float GreenDeviation, float BlueDeviation)
{
    /// <summary>Gets those of OpenAI's CLIP, the default.</summary>
    public static PixelNormalization OpenAI { get; } = new(0.48145466f, 0.4578275f, 0.40821073f, 0.26862954f, 0.26130258f, 0.27577711f);

    /// <summary>Gets the means of red, green and blue.</summary>
    internal float[] Mean() => [RedMean, GreenMean, BlueMean];

    /// <summary>Gets the standard deviations of red, green and blue.</summary>
    internal float[] Deviation() => [RedDeviation, GreenDeviation, BlueDeviation];
}
