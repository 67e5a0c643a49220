using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Filtering;
using ZsMlc.Torch.Tests.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

[TestClass]
public sealed class ImageTowerTests
{
    [TestMethod]
    [DataRow(true, 224L, 16L)]
    [DataRow(true, 448L, 4L)]
    [DataRow(true, 2000L, 1L, DisplayName = "an image is more than a part")]
    [DataRow(false, 224L, 32L)]
    [DataRow(false, 56L, 512L)]
    public void ImagesAtATime_OnACpu_AreOfAsManyPixels(bool isResNet, long side, long expected)
    {
        using var tower = ImageTower.Create(isResNet ? ClipVisionConfig.ResNet(32, 16, [1, 1, 1, 1], heads: 4) : ClipVisionConfig.ViT(32, 16, 16, 1, 2), 16, quickGelu: true);
        Assert.AreEqual(expected, tower.ImagesAtATime(side));
    }

    [TestMethod]
    public void Scores_MoreThanAPart_AreThoseOfTheImages()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var judge = new ClipDiscriminator(clip, ["red", "green"]);
        var part = clip.Visual.ImagesAtATime(32);
        using var rows = FusionClassifierTrainerTests.Rows((int)part + 1, 9);
        var images = rows.Images([.. Enumerable.Range(0, (int)part + 1)]);

        var scores = judge.Scores(images);

        Golden.AssertL2(judge.Scores(images.narrow(0, 0, 3)), scores.narrow(0, 0, 3), 1e-5, "first");
        Golden.AssertL2(judge.Scores(images.narrow(0, part - 2, 3)), scores.narrow(0, part - 2, 3), 1e-5, "last");
    }
}
