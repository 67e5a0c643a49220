using ZsMlc.Torch.Checkpoints.TorchScript;

namespace ZsMlc.Torch.Tests.Checkpoints.TorchScript;

[TestClass]
public sealed class PickleReaderTests
{
    [TestMethod]
    public void Read_EveryKindOfValue_IsThatValue()
    {
        var pickle = new PickleBuilder().Raw((byte)'(', (byte)'N', 0x88, 0x89, (byte)'K', 200, (byte)'M', 0x10, 0x27, (byte)'J', 0xff, 0xff, 0xff, 0xff, (byte)'G', 0x3f, 0xf8, 0, 0, 0, 0, 0, 0)
            .Number(1L << 40).Number(-3).Text("日本").Raw(0x8a, 1, 0x80, (byte)'t').End();
        CollectionAssert.AreEqual(new object?[] { null, true, false, 200L, 10000L, -1L, 1.5, 1L << 40, -3L, "日本", -128L }, (object?[])PickleReader.Read(pickle)!);
    }

    [TestMethod]
    [DataRow("os", "system")]
    [DataRow("builtins", "eval")]
    [DataRow("torch", "QInt8Storage")]
    [DataRow("torch._utils", "_rebuild_qtensor")]
    [DataRow("__torch__evil", "Net")]
    public void Read_NameOutsideTheList_IsRefusedByName(string module, string name) =>
        AssertRefused(new PickleBuilder().Global(module, name).Text("rm").Raw(0x85, (byte)'R').End(), $"{module}.{name}");

    [TestMethod]
    [DataRow(new byte[] { (byte)'i' }, "0x69")] // INST
    [DataRow(new byte[] { 0x93 }, "0x93")] // STACK_GLOBAL
    [DataRow(new byte[] { (byte)'R' }, "finds no value")]
    [DataRow(new byte[] { (byte)'t' }, "never begun")]
    [DataRow(new byte[] { (byte)'N', (byte)'(', (byte)'0' }, "0x30")]
    [DataRow(new byte[] { (byte)'h', 3 }, "never stored")]
    [DataRow(new byte[] { (byte)'N', (byte)'N', (byte)'a' }, "a list")]
    [DataRow(new byte[] { (byte)'}', (byte)'(', (byte)'N', (byte)'u' }, "has no value")]
    [DataRow(new byte[] { (byte)'}', (byte)'N', (byte)'N', (byte)'s' }, "key None")]
    [DataRow(new byte[] { (byte)'X', 0xff, 0xff, 0xff, 0xff }, "ends early")]
    [DataRow(new byte[] { (byte)'X', 1, 0, 0, 0, 0xff }, "byte")]
    [DataRow(new byte[] { 0x8a, 200 }, "ends early")]
    [DataRow(new byte[] { (byte)'c', (byte)'t' }, "ends early")]
    [DataRow(new byte[] { 0x80, 4 }, "protocol 4")]
    [DataRow(new byte[] { (byte)'N', (byte)'Q' }, "a tuple")]
    [DataRow(new byte[] { }, "finds no value")]
    public void Read_SomethingElse_TellsWhereAndWhat(byte[] instructions, string expected) => AssertRefused(new PickleBuilder().Raw(instructions).End(), expected);

    [TestMethod]
    public void Read_ObjectRestoredByItsCode_IsRefused() =>
        AssertRefused(new PickleBuilder().Global("__torch__", "Packed").Raw((byte)')', 0x81, (byte)')', (byte)'b').End(), "own code");

    [TestMethod]
    public void Read_DeepValue_NeedsNoDeepStack() => AssertRefused([.. new PickleBuilder().Raw([.. Enumerable.Repeat((byte)']', 500_000), .. Enumerable.Repeat((byte)'a', 499_999)]).End()], "more than");

    [TestMethod]
    public void Read_ValueNestedFarBelowTheLimit_IsRead() =>
        Assert.IsInstanceOfType<List<object?>>(PickleReader.Read(new PickleBuilder().Raw([.. Enumerable.Repeat((byte)']', 400_000), .. Enumerable.Repeat((byte)'a', 399_999)]).End()));

    [TestMethod]
    public void Read_ListOfAMillionEntriesOrAsManyMemos_IsRefused()
    {
        AssertRefused(new PickleBuilder().Raw([(byte)']', (byte)'(', .. Enumerable.Repeat((byte)'N', 1_000_000), (byte)'e']).End(), "more than");
        AssertRefused(new PickleBuilder().Raw([(byte)'N', .. Enumerable.Range(0, 1_000_000).SelectMany(i => (byte[])[(byte)'r', .. BitConverter.GetBytes(i)])]).End(), "more than");
    }

    [TestMethod]
    public void Of_ModuleInsideItself_IsRefused()
    {
        var root = (PickleObject)PickleReader.Read(new PickleBuilder().Global("__torch__", "Net").Raw((byte)')', 0x81, (byte)'q', 0, (byte)'}').Text("self").Raw((byte)'h', 0, (byte)'s', (byte)'b').End())!;
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => ModuleState.Of(root, (_, _) => true)).Message, "nested");
    }

    [TestMethod]
    public void Of_ModulesDoubledAtEveryLevel_AreRefusedSoon()
    {
        var pickle = new PickleBuilder().Module("Leaf", _ => { });
        for (var level = 0; level < 60; level++)
        {
            pickle.Raw((byte)'q', 0).Module("Net", m => m.Text("a").Raw((byte)'h', 0).Text("b").Raw((byte)'h', 0));
        }

        Assert.ThrowsExactly<FormatException>(() => ModuleState.Of(PickleReader.Read(pickle.End()), (_, _) => true));
    }

    private static void AssertRefused(byte[] pickle, string expected) =>
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => PickleReader.Read(pickle)).Message, expected);
}
