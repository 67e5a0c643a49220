using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class RowPartsTests
{
    [TestMethod]
    [DataRow(1L, 16L, new long[] { 1 })]
    [DataRow(16L, 16L, new long[] { 16 })]
    [DataRow(17L, 16L, new long[] { 9, 8 })]
    [DataRow(32L, 16L, new long[] { 16, 16 })]
    [DataRow(33L, 16L, new long[] { 11, 11, 11 })]
    [DataRow(3L, 1L, new long[] { 1, 1, 1 })]
    [DataRow(1000L, long.MaxValue, new long[] { 1000 })]
    public void Of_PartsAreOfOneSizeAndCoverTheBatch(long rows, long most, long[] counts)
    {
        var parts = RowParts.Of(rows, most);

        CollectionAssert.AreEqual(counts, parts.Select(p => p.Count).ToArray());
        CollectionAssert.AreEqual(counts.Select((_, i) => counts.Take(i).Sum()).ToArray(), parts.Select(p => p.Start).ToArray());
    }

    [TestMethod]
    public void Run_Parts_GiveTheRowsOfTheWhole()
    {
        using var scope = NewDisposeScope();
        var batch = arange(5 * 3).view(5, 3, 1, 1);
        List<long> sizes = [];

        foreach (var (most, expected) in new[] { (5L, new long[] { 5 }), (2L, [2, 2, 1]) })
        {
            sizes.Clear();
            var result = RowParts.Run(batch, most, part =>
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
        CollectionAssert.AreEqual(shape, RowParts.Run(zeros(shape), 1, part => part.alias()).shape);
    }
}
