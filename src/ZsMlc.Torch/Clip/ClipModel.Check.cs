using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.Torch.Clip;

/// <content>A look at a model's files that reads no weights.</content>
public sealed partial class ClipModel
{
    /// <summary>Reads the configuration, the tokenizer and the headers of the weights.</summary>
    /// <param name="path">As for <see cref="FromPretrained"/>.</param>
    /// <exception cref="FileNotFoundException">There is no checkpoint at the path.</exception>
    /// <exception cref="CheckpointFormatException">A file is damaged or of another format, or the files do not belong together.</exception>
    internal static (ClipConfig Config, ClipTokenizer Tokenizer) Look(string path)
    {
        using var source = ClipCheckpoint.Open(path, null);
        CheckSizes(source);
        return (source.Config, source.Tokenizer);
    }
}
