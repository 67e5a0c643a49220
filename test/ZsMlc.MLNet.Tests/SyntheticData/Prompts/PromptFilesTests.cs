using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.MLNet.Tests.SyntheticData.Prompts;

[TestClass]
public sealed class PromptFilesTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("zsmlc-prompts-").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    public void Write_ThenRead_GivesTheSamePromptsAndLabels()
    {
        var path = PromptFiles.Write(folder, ["dog", "traffic light"], ["A dog at a traffic light.", "Another dog, another traffic light."]);
        Assert.AreEqual("dog_traffic light.txt", Path.GetFileName(path));
        CollectionAssert.AreEqual(new[] { "dog", "traffic light" }, PromptFiles.LabelsOf(path).ToArray());
        CollectionAssert.AreEqual(new[] { "A dog at a traffic light.", "Another dog, another traffic light." }, PromptFiles.Read(path).ToArray());
    }

    [TestMethod]
    public void FileName_OneLabelAndOddCharacters_StayReadable()
    {
        Assert.AreEqual("dog_dog.txt", PromptFiles.FileName(["dog"]));
        CollectionAssert.AreEqual(new[] { "a/b_c", "ü" }, PromptFiles.LabelsOf(PromptFiles.FileName(["a/b_c", "ü"])).ToArray());
    }

    [TestMethod]
    public void Find_OtherOrderAndOtherName_IsFound()
    {
        PromptFiles.Write(folder, ["computer keyboard", "cat"], ["x"]);
        Assert.IsNotNull(PromptFiles.Find(folder, ["cat", "keyboard"], LabelNames.Default));
        Assert.IsNull(PromptFiles.Find(folder, ["cat", "dog"], LabelNames.Default));
    }

    [TestMethod]
    public async Task Files_SomeLinesMissALabel_GivesTheOthers()
    {
        PromptFiles.Write(folder, ["dog", "cup"], ["A dog and a cup.", "A lonely dog.", "A mug beside a beagle."]);
        var batch = await PromptSource.Files(folder).GetAsync(new PromptRequest(["cup", "dog"], 10, LabelNames.Default));
        CollectionAssert.AreEqual(new[] { "A dog and a cup.", "A mug beside a beagle." }, batch.Prompts.ToArray());
        Assert.AreEqual(1, batch.Rejected);
    }

    [TestMethod]
    public async Task Files_MutatedContent_GivesCleanPromptsOrTemplates()
    {
        var random = new Random(4);
        var path = PromptFiles.Write(folder, ["dog", "cup"], ["1. \"A dog and a cup.\"", "- A mug beside a beagle,", "A dog\0 sees ü 🐕 a cup."]);
        var whole = File.ReadAllBytes(path);
        for (var i = 0; i < 1000; i++)
        {
            File.WriteAllBytes(path, Mutations.OfBytes(whole, random));

            var batch = await PromptSource.Files(folder).GetAsync(new PromptRequest(["cup", "dog"], 3, LabelNames.Default));

            Assert.IsNotEmpty(batch.Prompts);
            Assert.IsFalse(batch.Prompts.Any(p => p.Any(char.IsControl) || string.IsNullOrWhiteSpace(p)));
        }
    }

    [TestMethod]
    public async Task Files_MoreLinesThanAskedFor_CountsNoneAsRejected()
    {
        PromptFiles.Write(folder, ["dog", "cup"], Enumerable.Range(1, 5).Select(i => $"Dog {i} and a cup."));
        var batch = await PromptSource.Files(folder).GetAsync(new PromptRequest(["dog", "cup"], 2, LabelNames.Default));
        CollectionAssert.AreEqual(new[] { "Dog 1 and a cup.", "Dog 2 and a cup." }, batch.Prompts.ToArray());
        Assert.AreEqual(0, batch.Rejected);
    }

    [TestMethod]
    public async Task Files_NoUsableLine_AsksTheOtherSource()
    {
        PromptFiles.Write(folder, ["dog", "cup"], ["A lonely dog.", "A lonely cup."]);
        var batch = await PromptSource.Files(folder).GetAsync(new PromptRequest(["dog", "cup"], 4, LabelNames.Default));
        Assert.AreEqual((4, 4, 2), (batch.Prompts.Count, batch.FromTemplates, batch.Rejected));
        StringAssert.Contains(batch.Warnings[0], "names every label");
    }

    [TestMethod]
    public void Write_PromptOfSeveralLinesOverAnOldFile_IsOneLineAndLeavesNoOtherFile()
    {
        PromptFiles.Write(folder, ["dog"], ["An old dog."]);
        var path = PromptFiles.Write(folder, ["dog"], ["A dog\nin the rain."]);
        CollectionAssert.AreEqual(new[] { "A dog in the rain." }, PromptFiles.Read(path).ToArray());
        CollectionAssert.AreEqual(new[] { path }, Directory.GetFiles(folder));
    }

    [TestMethod]
    public async Task Files_NoFile_FillsFromTemplatesAndSaysSo()
    {
        var batch = await PromptSource.Files(folder).GetAsync(new PromptRequest(["cup", "dog"], 4, LabelNames.Default));
        Assert.HasCount(4, batch.Prompts);
        Assert.AreEqual(4, batch.FromTemplates);
        StringAssert.Contains(batch.Warnings[0], "cup_dog.txt");
    }

    [TestMethod]
    public void Files_MissingFolder_NamesIt()
    {
        var e = Assert.ThrowsExactly<DirectoryNotFoundException>(() => PromptSource.Files("/no/such/folder"));
        StringAssert.Contains(e.Message, "/no/such/folder");
    }
}
