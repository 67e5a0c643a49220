namespace ZsMlc.Torch.Tests;

[TestClass]
public sealed class GoldenTests
{
    [TestMethod]
    public void Folders_NoneChosen_LieBesideTheTests() =>
        Assert.IsTrue(Golden.Folders(null).Values.All(f => Directory.Exists(f) && f.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal)));

    [TestMethod]
    public void Folders_WholeSetOrOnePart_AreTakenFromTheChosenFolder()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["set/sd/tiny-sd"]);
        Directory.CreateDirectory(folder["part"]);
        File.WriteAllText(folder["part/tiny_model.safetensors"], "");
        var shipped = Golden.Folders("");

        var set = Golden.Folders(folder["set"]);
        var part = Golden.Folders(folder["part"]);

        Assert.AreEqual((folder["set/sd"], shipped["classifier"]), (set["sd"], set["classifier"]));
        Assert.AreEqual((shipped["sd"], folder["part"]), (part["sd"], part["classifier"]));
    }

    [TestMethod]
    public void Folders_NothingInTheChosenFolder_Throws()
    {
        using var folder = new TemporaryFolder();
        StringAssert.Contains(Assert.ThrowsExactly<DirectoryNotFoundException>(() => Golden.Folders(folder.Path)).Message, folder.Path);
    }
}
