using ZsMlc.Torch.Checkpoints.TorchScript;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>Tells Python pickles, which can run code when they are read, and refuses them by name.</summary>
internal static class PickleFile
{
    // The first byte of every pickle since protocol 2.
    private const int Protocol = 0x80;

    private static readonly string[] s_extensions = [".bin", ".pt", ".pth", ".ckpt", ".pkl"];

    /// <summary>Whether a file is what torch.save makes: a zip file with a pickle, or, before PyTorch 1.6, a pickle.</summary>
    /// <param name="path">The file.</param>
    /// <param name="records">Names of its records, if it is a zip file.</param>
    public static bool Is(string path, IEnumerable<string> records)
    {
        using var file = File.OpenRead(path);
        return file.ReadByte() == Protocol || records.Any(n => n.EndsWith("/data.pkl", StringComparison.Ordinal));
    }

    /// <summary>The file of a folder that is a pickle of weights by its name, or null; others are smaller.</summary>
    public static string? In(string folder) => Directory.EnumerateFiles(folder)
        .Where(f => s_extensions.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase))
        .OrderByDescending(f => new FileInfo(f).Length).ThenBy(f => f, StringComparer.Ordinal)
        .FirstOrDefault(f => !TorchScriptArchive.Is(TorchScriptArchive.RecordsOf(f)));

    /// <summary>The exception that says why the file is not read, and how to convert it.</summary>
    public static CheckpointFormatException Refusal(string path)
    {
        var name = Path.GetFileName(path);
        var target = Path.ChangeExtension(name == "pytorch_model.bin" ? "model.bin" : name, ".safetensors");
        return new(path, "this is a pickle of Python's, which can run code when it is read, and so is not. Convert it where PyTorch and safetensors are installed: "
            + $$"""
            python -c "import torch; from safetensors.torch import save_file; w = torch.load('{{name}}', map_location='cpu', weights_only=True); w = w.get('state_dict', w); save_file({k: v.contiguous().clone() for k, v in w.items() if torch.is_tensor(v)}, '{{target}}')"
            """);
    }
}
