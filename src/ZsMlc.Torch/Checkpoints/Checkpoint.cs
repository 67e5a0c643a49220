using ZsMlc.Torch.Checkpoints.TorchScript;
using ZsMlc.Torch.Hub;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>Opens checkpoints of every supported form.</summary>
public static class Checkpoint
{
    /// <summary>Opens a safetensors file, an index of shards, a TorchScript archive, or a folder that holds one of the first two.</summary>
    /// <param name="path">File, folder, or a cached model's name (<see cref="ModelHub"/>). In a folder, the full-precision file is preferred to its <c>.fp16</c> variant unless <paramref name="variant"/> asks otherwise.</param>
    /// <param name="variant">For a folder: a variant such as <c>fp16</c> to prefer, or <see langword="null"/>.</param>
    /// <exception cref="FileNotFoundException">Nothing is there, or the folder holds no checkpoint; the message lists what was looked for.</exception>
    /// <exception cref="CheckpointFormatException">The file is damaged or of another format, such as a pickle of Python's or a Git LFS pointer.</exception>
    public static ICheckpoint Open(string path, string? variant = null)
    {
        path = ModelHub.Resolve(path);
        var file = Directory.Exists(path) ? FindInFolder(path, variant) : path;
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"There is no checkpoint at {path}.", path);
        }

        GitLfsPointer.Refuse(file);
        return Path.GetExtension(file) switch
        {
            ".json" => new ShardedCheckpoint(file),
            ".safetensors" => SafetensorsFile.Open(file),
            _ => OpenUnnamed(file),
        };
    }

    /// <summary>A file whose extension says nothing: archives and safetensors files are taken by whatever name.</summary>
    private static ICheckpoint OpenUnnamed(string file)
    {
        var records = TorchScriptArchive.RecordsOf(file);
        if (TorchScriptArchive.Is(records))
        {
            return TorchScriptCheckpoint.Open(file);
        }

        if (PickleFile.Is(file, records))
        {
            throw PickleFile.Refusal(file);
        }

        try
        {
            return SafetensorsFile.Open(file);
        }
        catch (CheckpointFormatException e)
        {
            throw new CheckpointFormatException(file, $"neither safetensors nor a whole TorchScript archive ({e.Message[(file.Length + 2)..]})", e);
        }
    }

    private static string FindInFolder(string folder, string? variant)
    {
        var candidates = WeightsFiles.Candidates(variant);
        return candidates.Select(c => Path.Combine(folder, c)).FirstOrDefault(File.Exists)
            ?? throw (PickleFile.In(folder) is { } pickle
                ? PickleFile.Refusal(pickle)
                : new FileNotFoundException($"The folder {folder} holds no checkpoint. Looked for: {string.Join(", ", candidates)}.", folder));
    }
}
