using System.Text;
using ZsMlc.MLNet.Datasets;
using ZsMlc.MLNet.Images;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torture.Parsers;

/// <summary>Reads inputs whole and checks what the parsers promise of those that they accept.</summary>
internal static class ParserReads
{
    public static void Safetensors(byte[] bytes)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsStream.Read(new MemoryStream(bytes), "a.safetensors");
        foreach (var name in file.Names)
        {
            Require(file.Info(name).Count == file.Read(name).NumberOfElements);
        }
    }

    public static void Archive(byte[] bytes)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = TorchScriptCheckpoint.Open(new MemoryStream(bytes), "a.pt");
        foreach (var name in checkpoint.Names)
        {
            Require(checkpoint.Info(name).Count == checkpoint.Read(name).NumberOfElements);
        }
    }

    /// <summary>Reads a vocabulary and merges with a zero byte between them.</summary>
    public static void Tokenizer(byte[] bytes)
    {
        var parts = Encoding.UTF8.GetString(bytes).Split('\0', 2);
        Encode(ClipTokenizer.Parse("vocab.json", Encoding.UTF8.GetBytes(parts[0]), "merges.txt", parts.Length > 1 ? parts[1] : ""));
    }

    public static void Coco(byte[] bytes, string folder)
    {
        var path = Path.Combine(folder, "annotations.json");
        File.WriteAllBytes(path, bytes);
        foreach (var row in CocoAnnotations.Read(path, folder))
        {
            Require(row.Path.StartsWith(folder, StringComparison.Ordinal) && !row.Path.Contains("..", StringComparison.Ordinal) && !row.Labels.Contains(null!));
        }
    }

    public static void Picture(byte[] bytes)
    {
        using var image = ImageReader.Read(new MemoryStream(bytes), "a picture", new() { MaximumPixels = 1 << 20 });
        Require(image.Width > 0 && (long)image.Width * image.Height <= 1 << 20);
    }

    public static void TokenizerFile(byte[] bytes) => Encode(TokenizerJson.Parse("tokenizer.json", bytes));

    private static void Encode(ClipTokenizer tokenizer)
    {
        foreach (var id in tokenizer.Encode("ab aba B \u0130 \ud83d\ude00 <|endoftext|>"))
        {
            Require(id >= 0 && id <= tokenizer.EndId);
        }
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new InvalidProgramException("an accepted input breaks a promise");
        }
    }
}
