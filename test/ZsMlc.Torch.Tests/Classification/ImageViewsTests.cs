using TorchSharp;
using ZsMlc.Torch.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class ImageViewsTests
{
    [TestMethod]
    [DataRow(null, false, 1, 64)]
    [DataRow(null, true, 2, 64)]
    [DataRow(0.5, false, 5, 128)]
    [DataRow(0.75, true, 10, 86)]
    public void Count_Options_AreTheViewsAndTheSideThatTheyNeed(double? corners, bool flips, int count, int side)
    {
        using var scope = NewDisposeScope();
        var views = new ImageViews { Corners = corners, Flips = flips };

        Assert.AreEqual(count, views.Count);
        Assert.AreEqual(count, views.Of(zeros(1, 3, side, side)).Count());
        Assert.AreEqual(side, views.ReadSize(64));
    }

    [TestMethod]
    public void Of_Corners_AreTheFourCorners()
    {
        using var scope = NewDisposeScope();
        var image = arange(16, ScalarType.Float32).view(1, 1, 4, 4);
        var views = new ImageViews { Corners = 0.5 }.Of(image).ToList();

        CollectionAssert.AreEqual(new[] { 0f, 2f, 8f, 10f }, views.Skip(1).Select(v => v[0, 0, 0, 0].item<float>()).ToArray());
        Assert.IsTrue(views.Skip(1).All(v => v.shape.SequenceEqual([1, 1, 2, 2])));
    }

    [TestMethod]
    [DataRow(ViewJoin.Max, 2)]
    [DataRow(ViewJoin.Mean, 1)]
    [DataRow(ViewJoin.LogSumExp, 1.433781)] // log((1 + e²) / 2)
    public void Joined_TwoViews_FollowsItsFormula(ViewJoin join, double expected)
    {
        using var scope = NewDisposeScope();

        var joined = new ImageViews { Join = join }.Joined([zeros(1, 1), full([1, 1], 2f)]);

        Assert.AreEqual(expected, joined.item<float>(), 1e-5);
    }

    [TestMethod]
    [DataRow(0.2, ViewJoin.Max, "Corners")]
    [DataRow(1.0, ViewJoin.Max, "Corners")]
    [DataRow(double.NaN, ViewJoin.Max, "Corners")]
    [DataRow(0.5, (ViewJoin)7, "Join")]
    public void Validate_OutOfRange_NamesTheOption(double corners, ViewJoin join, string name)
    {
        var e = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ImageViews { Corners = corners, Join = join }.Validate("Views"));

        Assert.AreEqual($"Views.{name}", e.ParamName);
    }
}
