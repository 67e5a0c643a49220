using Microsoft.ML;
using TorchSharp;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Datasets;
using ZsMlc.Samples.Reporting.Comparison;
using ZsMlc.Samples.Tests.ZeroShotCoco;
using ZsMlc.Torch.Clip;

namespace ZsMlc.Samples.Tests.Reporting.Comparison;

[TestClass]
public sealed class ZeroShotClipTests
{
    [TestMethod]
    public void Score_Photos_IsTheScaledCosineOfTheirFeatures()
    {
        using var folder = new TemporaryFolder();
        var photos = CocoLayout.Draw(folder.Path);
        TinyTagger.SaveClip(folder["clip"]);
        var ml = new MLContext(seed: 1);

        var view = ZeroShotClip.Score(ml, ml.Data.LoadFromCoco(photos.Annotations, photos.Images), TinyTagger.Labels, folder["clip"], "a photo of a {0}.");

        var rows = ml.Data.CreateEnumerable<ScoredPhoto>(view, reuseRowObject: false).ToList();
        using var scope = torch.NewDisposeScope();
        using var clip = ClipModel.FromPretrained(folder["clip"]);
        using var bitmap = SkiaSharp.SKBitmap.Decode(rows[5].ImagePath);
        var pixels = torch.tensor(bitmap.Pixels.SelectMany(p => new[] { p.Red, p.Green, p.Blue }).ToArray(), [bitmap.Height, bitmap.Width, 3]).permute(2, 0, 1).contiguous();
        var image = torch.nn.functional.normalize(clip.EncodeImage(clip.Preprocessor.Preprocess(pixels)), dim: -1);
        var texts = torch.nn.functional.normalize(clip.EncodeText([.. TinyTagger.Labels.All.Select(l => $"a photo of a {l}.")]), dim: -1);
        var expected = (clip.LogitScale.exp() * image.matmul(texts.t())).detach().data<float>().ToArray();
        Assert.HasCount(12, rows);
        for (var c = 0; c < expected.Length; c++)
        {
            Assert.AreEqual(expected[c], rows[5].Score[c], 1e-3f);
        }
    }

    [TestMethod]
    public void Score_Result_IsEvaluatedLikeATrainedModel()
    {
        using var folder = new TemporaryFolder();
        var photos = CocoLayout.Draw(folder.Path);
        TinyTagger.SaveClip(folder["clip"]);
        var ml = new MLContext(seed: 1);

        var method = MeasuredMethod.Of(ml, "CLIP", "", ZeroShotClip.Score(ml, ml.Data.LoadFromCoco(photos.Annotations, photos.Images, new ImageDataOptions()), TinyTagger.Labels, folder["clip"]), TinyTagger.Labels);

        Assert.AreSequenceEqual(["dog", "cup"], method.ZeroShot.Labels.Select(l => l.Label).ToArray());
        Assert.HasCount(4, method.Generalized.Labels);
        Assert.AreEqual(12, method.Generalized.RowCount);
        Assert.AreEqual(2, method.ZeroShot.Labels[0].Positives);
    }
}
