using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class RowPartsTests
{
    [TestMethod]
    [DataRow(1, 224, new long[] { 1 })]
    [DataRow(16, 224, new long[] { 16 })]
    [DataRow(17, 224, new long[] { 9, 8 })]
    [DataRow(32, 224, new long[] { 16, 16 })]
    [DataRow(33, 224, new long[] { 11, 11, 11 })]
    [DataRow(100, 64, new long[] { 100 }, DisplayName = "small images")]
    [DataRow(3, 2000, new long[] { 1, 1, 1 }, DisplayName = "an image is more than a part")]
    public void Of_OnACpu_PartsAreOfOneSizeAndCoverTheBatch(long rows, long side, long[] counts)
    {
        var parts = RowParts.Of(rows, side, CPU);

        CollectionAssert.AreEqual(counts, parts.Select(p => p.Count).ToArray());
        CollectionAssert.AreEqual(counts.Select((_, i) => counts.Take(i).Sum()).ToArray(), parts.Select(p => p.Start).ToArray());
    }

    [TestMethod]
    public void Of_OnAGpu_IsTheBatch() => CollectionAssert.AreEqual(new[] { (0L, 1000L) }, RowParts.Of(1000, 224, new Device(DeviceType.CUDA)).ToArray());

    [TestMethod]
    public void Run_Parts_GiveTheRowsOfTheWhole()
    {
        using var scope = NewDisposeScope();
        var batch = arange(5 * 3).view(5, 3, 1, 1);
        List<long> sizes = [];

        // A side of 400 makes parts of five images, one of 700 of one.
        foreach (var (side, expected) in new[] { (400L, new long[] { 5 }), (700L, [1, 1, 1, 1, 1]) })
        {
            sizes.Clear();
            var result = RowParts.Run(batch, side, CPU, part =>
            {
                sizes.Add(part.shape[0]);
                return part.flatten(1) * 2;
            });
            Assert.IsTrue(result.equal(batch.flatten(1) * 2).all().item<bool>());
            CollectionAssert.AreEqual(expected, sizes.ToArray());
        }
    }

    [TestMethod]
    [DataRow(new long[] { 0, 3, 8, 8 }, DisplayName = "no images")]
    [DataRow(new long[] { 3, 8, 8 }, DisplayName = "an image without a batch")]
    public void Run_WhatIsNoBatch_IsNotParted(long[] shape)
    {
        using var scope = NewDisposeScope();
        CollectionAssert.AreEqual(shape, RowParts.Run(zeros(shape), 2000, CPU, part => part.alias()).shape);
    }
}
