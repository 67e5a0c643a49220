using static TorchSharp.torch;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>What a generator of images works with, beside the options.</summary>
/// <param name="Models">What the models have to be.</param>
/// <param name="TextEncoder">File of the tuned text encoder, or <see langword="null"/> for the checkpoint's own.</param>
/// <param name="Device">Where networks run.</param>
/// <param name="Warn">Told what the user should know.</param>
internal sealed record GenerationTools(ModelFingerprints Models, string? TextEncoder, Device Device, Action<string> Warn);
