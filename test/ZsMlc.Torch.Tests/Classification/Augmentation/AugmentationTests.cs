using ZsMlc.Torch.Classification.Augmentation;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification.Augmentation;

[TestClass]
public sealed class AugmentationTests
{
    [TestMethod]
    public void RandAugment_ManySeeds_KeepsShapeAndTypeAndVaries()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var image = randint(0, 255, [3, 24, 20], dtype: ScalarType.Byte);
        HashSet<long> sums = [];
        for (var seed = 0; seed < 60; seed++)
        {
            var result = RandAugment.Apply(image, new Random(seed));
            CollectionAssert.AreEqual(image.shape, result.shape);
            Assert.AreEqual(ScalarType.Byte, result.dtype);
            sums.Add(result.sum().item<long>());
            Assert.IsTrue(result.equal(RandAugment.Apply(image, new Random(seed))).all().item<bool>());
        }

        Assert.IsGreaterThan(30, sums.Count);
    }

    [TestMethod]
    public void Cutout_Image_CoversAtMostAQuarterWithOneColour()
    {
        using var scope = NewDisposeScope();
        var image = zeros(3, 16, 16, ScalarType.Byte);
        for (var seed = 0; seed < 20; seed++)
        {
            var changed = Cutout.Apply(image, new Random(seed)).amax([0]).gt(0).sum().item<long>();
            Assert.IsTrue(changed is > 0 and <= 64, $"{changed} pixels");
        }

        Assert.AreEqual(0, image.sum().item<long>());
    }
}
