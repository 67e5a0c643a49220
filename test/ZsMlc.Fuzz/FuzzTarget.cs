using System.Text;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torture.Parsers;

namespace ZsMlc.Fuzz;

/// <summary>A parser under the fuzzer. What surrounds the input (lengths, checksums, an archive) is built around it, so that every change comes through to the parser.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Seeds">Inputs to start from.</param>
/// <param name="Read">Reads an input.</param>
/// <param name="Refusal">The documented exception of an input that is not accepted; any other is a finding.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Action<byte[]> Read, Type Refusal)
{
    private static readonly string s_folder = Path.GetTempPath();

    /// <summary>Gets all targets.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("safetensors", [Encoding.UTF8.GetBytes(ParserSeeds.Header)], header => ParserReads.Safetensors(ParserSeeds.Safetensors(header)), typeof(CheckpointFormatException)),
        new("torchscript", [.. ParserSeeds.Archives.Select(ParserSeeds.Pickle)], pickle => ParserReads.Archive(ParserSeeds.WithPickle(ParserSeeds.Archives[0], pickle)), typeof(CheckpointFormatException)),
        new("coco", [Encoding.UTF8.GetBytes(ParserSeeds.Coco)], json => ParserReads.Coco(json, s_folder), typeof(FormatException)),
        new("tokenizer", [ParserSeeds.Texts(Encoding.UTF8.GetBytes(ParserSeeds.Vocabulary), Encoding.UTF8.GetBytes(ParserSeeds.Merges))], ParserReads.Tokenizer, typeof(CheckpointFormatException)),
    ];

    /// <summary>Reads an input; throws where the parser breaks its promise.</summary>
    public void Run(byte[] input)
    {
        try
        {
            Read(input);
        }
        catch (Exception e) when (Refusal.IsInstanceOfType(e))
        {
        }
    }
}
