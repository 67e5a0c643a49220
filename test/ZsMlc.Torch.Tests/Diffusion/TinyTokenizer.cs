using ZsMlc.Torch.Clip;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>A tokenizer for golden models, whose folders have none: all ids but the last two, start and end, are arbitrary words.</summary>
internal static class TinyTokenizer
{
    public static ClipTokenizer Create(int vocabulary)
    {
        var letters = ClipTokenizer.ByteLetters().ToList();
        string[] words = [.. letters, .. letters.Select(l => l + "</w>")];
        string[] tokens = [.. words, .. Enumerable.Range(0, vocabulary - 2 - words.Length).Select(i => $"<unused{i}>"), "<|startoftext|>", "<|endoftext|>"];
        return new(tokens.Select((t, i) => (t, i)).ToDictionary(t => t.t, t => t.i), []);
    }
}
