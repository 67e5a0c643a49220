namespace ZsMlc.MLNet;

[TestClass]
public sealed class LabelSetTests
{
    [TestMethod]
    public void Create_SeenAndUnseen_KeepsTheOrder()
    {
        var labels = LabelSet.Create(["cat", "dog"], ["zebra"]);

        CollectionAssert.AreEqual(new[] { "cat", "dog", "zebra" }, labels.All.ToArray());
        Assert.AreEqual(2, labels.IndexOf("zebra"));
        Assert.AreEqual(-1, labels.IndexOf("Zebra"));
        Assert.IsTrue(labels.IsUnseen("zebra"));
        Assert.IsFalse(labels.IsUnseen("cat"));
        Assert.IsFalse(labels.IsUnseen("cow"));
    }

    [TestMethod]
    [DataRow(new[] { "cat", "cat" }, new string[0], "cat")]
    [DataRow(new[] { "cat" }, new[] { "Cat" }, "Cat")]
    [DataRow(new[] { "cat", " cat" }, new string[0], "cat")]
    public void Create_SameLabelTwice_NamesIt(string[] seen, string[] unseen, string named)
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => LabelSet.Create(seen, unseen));

        Assert.Contains(named, e.Message);
    }

    [TestMethod]
    public void Create_EmptyNameOrNoLabel_Throws()
    {
        Assert.ThrowsExactly<ArgumentException>(() => LabelSet.Create(["cat", " "]));
        Assert.ThrowsExactly<ArgumentException>(() => LabelSet.Create([]));
    }

    [TestMethod]
    public void Load_NamesOrObjects_GiveTheSetThatWasSaved()
    {
        using var folder = new TestFolder();
        var labels = LabelSet.Create(["cat", "dog"], ["zebra"]);
        labels.Save(folder["a.json"]);

        Assert.AreEqual(labels, LabelSet.Load(folder["a.json"]));
        Assert.AreEqual(labels, LabelSet.Load(folder.Write("b.json", """{"seen":[{"id":1,"name":"cat"},"dog"],"unseen":[{"name":"zebra"}]}""")));
        Assert.HasCount(2, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    [DataRow("[]")]
    [DataRow("{\"seen\":")]
    [DataRow("""{"unseen":["a"]}""")]
    [DataRow("""{"seen":["a","a"]}""")]
    [DataRow("""{"seen":["a"],"seen":["b"]}""")]
    public void Load_OtherForm_NamesTheFile(string json)
    {
        using var folder = new TestFolder();

        Assert.Contains("bad.json", Assert.ThrowsExactly<FormatException>(() => LabelSet.Load(folder.Write("bad.json", json))).Message);
    }

    [TestMethod]
    public void Equals_SameNamesOtherSplit_Differs()
    {
        var labels = LabelSet.Create(["cat"], ["dog"]);

        Assert.AreEqual(labels, LabelSet.Create(["cat"], ["dog"]));
        Assert.AreEqual(labels.GetHashCode(), LabelSet.Create(["cat"], ["dog"]).GetHashCode());
        Assert.AreNotEqual(labels, LabelSet.Create(["cat", "dog"]));
        Assert.AreNotEqual(labels, LabelSet.Create(["dog"], ["cat"]));
    }
}
