namespace ZsMlc.Torch.Hub;

/// <summary>A file of a model on the hub.</summary>
/// <param name="Path">Path inside the model, with slashes.</param>
/// <param name="Size">Length in bytes.</param>
/// <param name="IsCached">Whether it lies in the cache.</param>
public sealed record ModelFile(string Path, long Size, bool IsCached);
