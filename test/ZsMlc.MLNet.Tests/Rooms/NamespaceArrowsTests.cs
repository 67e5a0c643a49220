using ZsMlc.MicroModels;
using ZsMlc.Torch.Clip;

namespace ZsMlc.MLNet.Tests.Rooms;

[TestClass]
public class NamespaceArrowsTests
{
    [TestMethod]
    [DataRow(typeof(LabelSet))]
    [DataRow(typeof(ClipModel))]
    [DataRow(typeof(MicroBundle))]
    public void Of_Library_HasNoCycle(Type ofLibrary)
    {
        using var assembly = File.OpenRead(ofLibrary.Assembly.Location);

        var arrows = NamespaceArrows.Of(assembly);

        Assert.IsNotEmpty(arrows);
        Assert.AreEqual("", string.Join("\n", InCycles(arrows).Select(arrow => $"{arrow.From} -> {arrow.To}: {arrows[arrow]}")));
    }

    [TestMethod]
    public void InCycles_TriangleWithTail_IsTheTriangle()
    {
        var arrows = new Dictionary<(string, string), string> { [("A", "B")] = "", [("B", "C")] = "", [("C", "A")] = "", [("A", "D")] = "" };

        CollectionAssert.AreEqual(new[] { ("A", "B"), ("B", "C"), ("C", "A") }, InCycles(arrows).ToList());
    }

    [TestMethod]
    public void Of_ThisAssembly_SeesBodiesGenericsAndNestedTypes()
    {
        using var assembly = File.OpenRead(typeof(NamespaceArrowsTests).Assembly.Location);

        var arrows = NamespaceArrows.Of(assembly);

        Assert.AreEqual("Body.Make uses Used", arrows[("ZsMlc.MLNet.Tests.Rooms.Examples.Body", "ZsMlc.MLNet.Tests.Rooms.Examples")]);
        Assert.AreEqual("Generic.Take uses Used", arrows[("ZsMlc.MLNet.Tests.Rooms.Examples.Generic", "ZsMlc.MLNet.Tests.Rooms.Examples")]);
        Assert.AreEqual("Nested.Make uses Used", arrows[("ZsMlc.MLNet.Tests.Rooms.Examples.Nested", "ZsMlc.MLNet.Tests.Rooms.Examples")]);
    }

    /// <summary>Takes away, until nothing changes, every arrow that leads to where none goes on or that starts where none leads to.</summary>
    private static IReadOnlyCollection<(string From, string To)> InCycles(IReadOnlyDictionary<(string From, string To), string> arrows)
    {
        var left = arrows.Keys.ToList();
        while (left.RemoveAll(arrow => left.All(next => next.From != arrow.To) || left.All(before => before.To != arrow.From)) > 0)
        {
        }

        return left;
    }
}
