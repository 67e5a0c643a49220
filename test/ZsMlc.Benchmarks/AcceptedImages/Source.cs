using ZsMlc.Torch.Diffusion;

namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>Where images come from.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Sampling">How they are sampled.</param>
/// <param name="Encoder">File of a tuned text encoder, or <see langword="null"/>.</param>
/// <param name="PreviewStep">The step behind which previews are judged; 0 for none.</param>
/// <param name="Threshold">The V below which an image is given up at its preview.</param>
internal sealed record Source(string Name, GenerationOptions Sampling, string? Encoder, int PreviewStep = 0, float Threshold = 0)
{
    /// <summary>Gets everything that its images depend on.</summary>
    public object Identity => new { Sampling, Encoder = Path.GetFileName(Encoder), PreviewStep, Threshold };
}
