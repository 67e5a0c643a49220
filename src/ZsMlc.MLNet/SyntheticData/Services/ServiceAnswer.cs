using ZsMlc.MLNet.Images;

namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>What a service is asked for.</summary>
/// <param name="Prompt">The text.</param>
/// <param name="NegativePrompt">What the image should not show; empty for nothing.</param>
/// <param name="Seed">The seed of its noise, for services that have seeds.</param>
internal readonly record struct ServiceRequest(string Prompt, string NegativePrompt, long Seed);

/// <summary>What a service answered: an image of the stored size, or why its content filter refuses to make one.</summary>
/// <param name="Image">The image, or <see langword="null"/>.</param>
/// <param name="Refusal">The reason in one line, or <see langword="null"/>.</param>
internal readonly record struct ServiceAnswer(RgbPixels? Image, string? Refusal);
