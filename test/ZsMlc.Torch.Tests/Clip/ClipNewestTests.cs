using System.Text.Json;
using SkiaSharp;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

/// <summary>A folder as transformers 5 writes it, with the pixels, ids and features that it computes. Relative L2 1e-5.</summary>
[TestClass]
public sealed class ClipNewestTests
{
    private const double Limit = 1e-5;

    [TestMethod]
    public void FromPretrained_FolderOfTransformers5_HasItsIdsAndFeatures()
    {
        using var scope = NewDisposeScope();
        using var none = inference_mode();
        using var expected = Golden.Open("newest", "expected.safetensors");
        using var clip = ClipModel.FromPretrained(Golden.PathOf("newest", "clip"));
        var ids = expected.Read("clip.input_ids");
        var texts = Texts();
        var tokens = clip.Tokenizer.Tokenize(texts, (int)ids.shape[1], clip.Tokenizer.EndId);
        var pixels = expected.Read("clip.pixel_values");

        CollectionAssert.AreEqual(ids.data<long>().ToArray(), tokens.data<long>().ToArray());
        Golden.AssertL2(expected.Read("clip.text_embeds"), nn.functional.normalize(clip.EncodeText(texts), dim: -1), Limit, "text_embeds");
        Golden.AssertL2(expected.Read("clip.image_embeds"), nn.functional.normalize(clip.EncodeImage(pixels), dim: -1), Limit, "image_embeds");
        Golden.AssertL2(expected.Read("clip.logits_per_image"), clip.forward(pixels, ids), Limit, "logits_per_image");
    }

    [TestMethod]
    public void Preprocess_Picture_HasTheProcessorsPixels()
    {
        using var scope = NewDisposeScope();
        using var expected = Golden.Open("newest", "expected.safetensors");
        using var clip = ClipModel.FromPretrained(Golden.PathOf("newest", "clip"));

        // Bytes are rounded on the way, in other places than Pillow does: two steps of 255 at most, a tenth on average.
        var difference = (expected.Read("clip.pixel_values") - clip.Preprocessor.Preprocess(Picture())).abs() * 255 * clip.Config.Vision.Pixels.RedDeviation;

        Assert.IsLessThan(2.2, difference.max().ToDouble());
        Assert.IsLessThan(0.1, difference.mean().ToDouble());
    }

    [TestMethod]
    public void FromPretrained_SigLip_IsRefusedByName()
    {
        var e = Assert.ThrowsExactly<CheckpointFormatException>(() => ClipModel.FromPretrained(Golden.PathOf("newest", "siglip")));

        StringAssert.Contains(e.Message, "siglip");
        StringAssert.Contains(e.Message, "expected 'clip'");
    }

    private static string[] Texts()
    {
        using var texts = JsonDocument.Parse(File.ReadAllText(Golden.PathOf("newest", "texts.json")));
        return [.. new[] { "prompt", "negative" }.Select(name => texts.RootElement.GetProperty(name).GetString()!)];
    }

    private static Tensor Picture()
    {
        using var bitmap = SKBitmap.Decode(Golden.PathOf("newest", "picture.png"));
        var bytes = bitmap.Pixels.SelectMany(p => new[] { p.Red, p.Green, p.Blue }).ToArray();
        return tensor(bytes).reshape(bitmap.Height, bitmap.Width, 3).permute(2, 0, 1);
    }
}
