using TorchSharp;
using ZsMlc.Torch.Diffusion.Conditioning;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.Conditioning;

[TestClass]
public sealed class StableDiffusionXLConditioningTests
{
    private const double Limit = 5e-6;

    [TestMethod]
    [DataRow("euler_5steps")]
    [DataRow("euler_zeros_5steps")]
    [DataRow("euler_empty_trailing_5steps")]
    [DataRow("turbo_1step")]
    public void EncodeIds_GoldenPrompts_GivesWhatTheReferenceFeedsTheDenoiser(string run)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = GoldenSdxl.Open($"pipeline_{run}.safetensors");
        using var conditioning = GoldenSdxl.Conditioning();

        var found = GoldenSdxl.Encode(conditioning, golden);

        Golden.AssertL2(golden.Read("encoder_hidden_states"), found.States, Limit, "states");
        Golden.AssertL2(golden.Read("text_embeds"), found.Pooled!, Limit, "pooled text");
        Golden.AssertL2(golden.Read("add_time_ids"), found.Sizes!, 0, "sizes");
    }

    [TestMethod]
    public void Encode_Words_AreCutPaddedAndSizedAsTheIdsWouldBe()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var conditioning = GoldenSdxl.Conditioning();
        var found = conditioning.Encode(["b", ""], ImageSizes.Of(64, 48));
        Tensor Ids(int encoder, long pad)
        {
            var (tokenizer, length) = (conditioning.Encoders[encoder].Tokenizer, conditioning.Encoders[encoder].Length);
            long[] row = [tokenizer.StartId, .. tokenizer.Encode("b").Select(i => (long)i), tokenizer.EndId];
            return tensor(row.Concat(Enumerable.Repeat(pad, length - row.Length)).ToArray()).unsqueeze(0);
        }

        var expected = conditioning.EncodeIds([Ids(0, conditioning.Encoders[0].Tokenizer.EndId), Ids(1, 0)], new(64, 48, 0, 0, 64, 48));

        Golden.AssertL2(expected.States, found.States[..1], Limit, "states");
        Golden.AssertL2(expected.Pooled!, found.Pooled![..1], Limit, "pooled text");
        Golden.AssertL2(expected.Sizes!, found.Sizes![..1], 0, "sizes");
        Assert.AreEqual(2, found.Count);
    }

    [TestMethod]
    public void EncodeNegative_NoneOrEmpty_AreNotTheSame()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var conditioning = GoldenSdxl.Conditioning();
        var sizes = ImageSizes.Of(64, 48);

        var (nothing, empty) = (conditioning.EncodeNegative(null, sizes), conditioning.EncodeNegative("", sizes));

        Assert.AreEqual(0, nothing.States.abs().sum().item<float>() + nothing.Pooled!.abs().sum().item<float>());
        Golden.AssertL2(conditioning.Encode([""], sizes).States, empty.States, 0, "the empty prompt is encoded");
        CollectionAssert.AreEqual(empty.States.shape, nothing.States.shape);
        CollectionAssert.AreEqual(empty.Pooled!.shape, nothing.Pooled.shape);
        using var plain = new StableDiffusionXLConditioning(conditioning.Encoders[0], conditioning.Encoders[1], forceZerosForEmptyPrompt: false);
        Golden.AssertL2(empty.States, plain.EncodeNegative(null, sizes).States, 0, "without zeros");
    }

    [TestMethod]
    public void Encode_ManyTimes_LeavesNoTensorsBehind()
    {
        using var none = no_grad();
        using var conditioning = GoldenSdxl.Conditioning();
        void Run()
        {
            using var scope = NewDisposeScope();
            UnetConditioning.Join(conditioning.EncodeNegative(null, ImageSizes.Of(64, 48)).Repeat(2), conditioning.Encode(["a", "b"], ImageSizes.Of(64, 48)));
        }

        Run();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Run();
        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void Constructor_EncodersThatDoNotFit_AreRefused()
    {
        using var conditioning = GoldenSdxl.Conditioning();
        var (first, second) = (conditioning.Encoders[0], conditioning.Encoders[1]);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new StableDiffusionXLConditioning(second, first)).Message, "projection");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new StableDiffusionXLConditioning(new(first.Network, first.Tokenizer, length: 24), second)).Message, "24");
    }
}
