using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Tests.Diffusion;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

[TestClass]
public sealed class TokenIdsTests
{
    [TestMethod]
    [DataRow(-1)]
    [DataRow(20)]
    [DataRow(long.MaxValue)]
    public void TextTowers_IdOutsideTheVocabulary_AreRefusedBeforeTheLookUp(long id)
    {
        using var scope = NewDisposeScope();
        using var clip = new TextTransformer(new(8, 20, 16, 2, 1), 8, quickGelu: true);
        using var diffusion = new ClipTextEncoder(new() { VocabSize = 20, HiddenSize = 16, IntermediateSize = 32, NumHiddenLayers = 1, NumAttentionHeads = 2, MaxPositionEmbeddings = 8 });
        var ids = tensor(new[] { 1L, id, 3L }).unsqueeze(0);
        foreach (var message in new[] { Refused(() => clip.forward(ids)), Refused(() => clip.Embed(ids)), Refused(() => diffusion.forward(ids)) })
        {
            StringAssert.Contains(message, $"{id}");
            StringAssert.Contains(message, "knows 20 tokens, 0 to 19");
        }
    }

    [TestMethod]
    public void TextTowers_TextLongerThanTheContext_AreRefused()
    {
        using var scope = NewDisposeScope();
        using var clip = new TextTransformer(new(8, 20, 16, 2, 1), 8, quickGelu: true);
        using var diffusion = new ClipTextEncoder(new() { VocabSize = 20, HiddenSize = 16, IntermediateSize = 32, NumHiddenLayers = 1, NumAttentionHeads = 2, MaxPositionEmbeddings = 8 });
        var ids = ones(1, 9, ScalarType.Int64);
        StringAssert.Contains(Refused(() => clip.forward(ids)), "at most 8 tokens");
        StringAssert.Contains(Refused(() => diffusion.forward(ids)), "at most 8 tokens");
    }

    [TestMethod]
    public void Misfit_VocabularyBeyondTheModels_IsTold()
    {
        StringAssert.Contains(TokenIds.Misfit(ClipTokenizer.Default, 49407), "ids up to 49407");
        StringAssert.Contains(TokenIds.Misfit(ClipTokenizer.Default, 49408, 49408), "padded with the token 49408");
        Assert.IsNull(TokenIds.Misfit(ClipTokenizer.Default, 49408, 0));
    }

    [TestMethod]
    public void FromPretrained_VocabularyBeyondTheTextEncoders_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        using (var pipeline = TinyPipeline.Create())
        {
            pipeline.Save(folder.Path);
        }

        var larger = new Dictionary<string, int>(ClipTokenizer.Default.Vocabulary) { ["<|endoftext|>"] = 60_000 };
        new ClipTokenizer(larger, ClipTokenizer.Default.Merges).Save(folder["tokenizer"]);
        var message = Assert.ThrowsExactly<CheckpointFormatException>(() => StableDiffusionPipeline.FromPretrained(folder.Path).Dispose()).Message;
        StringAssert.Contains(message, folder["tokenizer"]);
        StringAssert.Contains(message, "up to 60000, but the model knows 49408 tokens");
    }

    [TestMethod]
    public void ClipTokenizer_NegativeId_IsRefused() =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new ClipTokenizer(new Dictionary<string, int> { ["a"] = -1, ["<|startoftext|>"] = 0, ["<|endoftext|>"] = 1 }, [])).Message, "'a' has the id -1");

    private static string Refused(Func<Tensor> run) => Assert.ThrowsExactly<ArgumentException>(run).Message;
}
