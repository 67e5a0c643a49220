using System.Buffers.Binary;
using System.Text;
using ZsMlc.Torch.Tests.Checkpoints.TorchScript;

namespace ZsMlc.Torture.Parsers;

/// <summary>Small whole inputs that damage starts from.</summary>
internal static class ParserSeeds
{
    public const string
        Header = """{"__metadata__":{"format":"pt","a":"b"},"w":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]},"half":{"dtype":"F16","shape":[5],"data_offsets":[48,58]},"none":{"dtype":"BOOL","shape":[0],"data_offsets":[58,58]}}""",
        Coco = """{"images":[{"id":1,"file_name":"a.png","width":3},{"id":2,"file_name":"b/c.png"}],"annotations":[{"id":1,"image_id":1,"category_id":17,"bbox":[1,2,3,4]},{"id":2,"image_id":2,"category_id":1}],"categories":[{"id":1,"name":"person"},{"id":17,"name":"cat"}]}""",
        Vocabulary = """{"a":0,"b</w>":1,"ab</w>":2,"a</w>":3,"b":4,"ab":5,"aba</w>":6,"<|startoftext|>":7,"<|endoftext|>":8}""",
        Merges = "#version: 0.2\na b</w>\na b\nab a</w>\n",
        Tokenizer = """{"version":"1.0","added_tokens":[{"id":7,"content":"<|startoftext|>","special":true},{"id":8,"content":"<|endoftext|>"}],"model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a":0,"b</w>":1,"ab</w>":2,"a</w>":3,"b":4,"ab":5,"aba</w>":6},"merges":["a b</w>",["a","b"],"ab a</w>"]}}""";

    private const int DataLength = 58;

    /// <summary>Gets TorchScript archives: of a few tensors, and of everything that there is.</summary>
    public static IReadOnlyList<byte[]> Archives { get; } = [.. new[] { "plain.pt", "torch_2_13.pt" }.Select(name => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Seeds", name)))];

    /// <summary>A whole safetensors file around a header, of which the length fits.</summary>
    public static byte[] Safetensors(byte[] header)
    {
        var file = new byte[8 + header.Length + DataLength];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file.AsSpan(8));
        return file;
    }

    /// <summary>A vocabulary and its merges with a zero byte between them.</summary>
    public static byte[] Texts(byte[] vocabulary, byte[] merges) => [.. vocabulary, 0, .. merges];

    /// <summary>The pickle of an archive.</summary>
    public static byte[] Pickle(byte[] archive) => ArchiveBuilder.Records(archive).Single(IsPickle).Bytes;

    /// <summary>An archive with another pickle; checksums fit.</summary>
    public static byte[] WithPickle(byte[] archive, byte[] pickle) =>
        ArchiveBuilder.Zip(ArchiveBuilder.Records(archive).Select(r => IsPickle(r) ? (r.Name, pickle) : r), "");

    private static bool IsPickle((string Name, byte[] Bytes) record) => record.Name.EndsWith("/data.pkl", StringComparison.Ordinal);
}
