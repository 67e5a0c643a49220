using System.CommandLine;
using ZsMlc.Torch.Diffusion;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>What a device's memory allows while pictures are made. Only decoding tiles change them, slightly, so these alone belong to the job.</summary>
internal sealed class MemoryOptions
{
    private readonly Option<int?> _batch = new("--batch-size")
    {
        Description = "Pictures denoised together; tasks share the work in pieces of eight times as many, so give all tasks the same. Default: 4.",
    };
    private readonly Option<int> _slice = new("--attention-slice") { Description = "Attention heads computed at a time, to save memory; 0 for all." };
    private readonly Option<bool> _oneByOne = new("--slice-decoding") { Description = "Decode one picture at a time, to save memory." };
    private readonly Option<bool> _unpacked = new("--unpacked-weights") { Description = "On a CPU, hold weights once, to save memory: slower." };
    private readonly Option<int> _tile = new("--decoding-tile") { Description = "Side of decoding tiles in latents (such as 64), for pictures too large for the memory; 0 for none." };

    /// <summary>Lets a command take the options.</summary>
    public void AddTo(Command command)
    {
        command.Add(_batch);
        command.Add(_slice);
        command.Add(_oneByOne);
        command.Add(_unpacked);
        command.Add(_tile);
    }

    /// <summary>The side of decoding tiles.</summary>
    public int Tile(ParseResult result) => result.GetValue(_tile);

    /// <summary>Sampling options with what was given.</summary>
    public GenerationOptions Apply(ParseResult result, GenerationOptions sampling) => sampling with
    {
        BatchSize = result.GetValue(_batch) ?? sampling.BatchSize, AttentionSlice = result.GetValue(_slice), SliceDecoding = result.GetValue(_oneByOne),
        UnpackedWeights = result.GetValue(_unpacked),
    };
}
