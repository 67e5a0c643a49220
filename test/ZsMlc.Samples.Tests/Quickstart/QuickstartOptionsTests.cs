using ZsMlc.MicroModels;
using ZsMlc.Samples.Quickstart;

namespace ZsMlc.Samples.Tests.Quickstart;

[TestClass]
public sealed class QuickstartOptionsTests
{
    [TestMethod]
    public void LabelSet_SeenLabelChosen_IsASeenOneNoMore()
    {
        var labels = (QuickstartRunTests.Options("out") with { Labels = ["train, cup", "dog"] }).LabelSet();

        Assert.AreSequenceEqual(["train", "cup", "dog"], labels.Unseen.ToArray());
        Assert.HasCount(ZeroShotModels.Micro.Seen.Count - 1, labels.Seen);
        Assert.DoesNotContain("train", labels.Seen);
    }

    [TestMethod]
    public void LabelSet_OneLabel_IsRefused() =>
        Assert.ThrowsExactly<ArgumentException>(() => (QuickstartRunTests.Options("out") with { Labels = ["dog"] }).LabelSet());

    [TestMethod]
    public void LabelSet_LabelOfNoMicroPicture_IsRefusedByName()
    {
        var options = QuickstartRunTests.Options("out") with { Labels = ["zebra"] };

        var error = Assert.ThrowsExactly<ArgumentException>(() => options.LabelSet());

        Assert.Contains("'zebra'", error.Message);
    }
}
