namespace ZsMlc.Torch.Hub;

/// <summary>How far a download is.</summary>
/// <param name="File">Path of the present file inside the model.</param>
/// <param name="Bytes">Bytes that are there, with those of earlier, interrupted downloads.</param>
/// <param name="TotalBytes">Bytes of all files that this download fetches.</param>
public readonly record struct ModelDownloadProgress(string File, long Bytes, long TotalBytes);
