using System.Buffers.Binary;
using System.Text;
using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Checkpoints;

[TestClass]
public sealed class SafetensorsFileTests
{
    [TestMethod]
    [DataRow(ScalarType.Float64)]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float16)]
    [DataRow(ScalarType.BFloat16)]
    [DataRow(ScalarType.Int64)]
    [DataRow(ScalarType.Int32)]
    [DataRow(ScalarType.Int16)]
    [DataRow(ScalarType.Int8)]
    [DataRow(ScalarType.Byte)]
    [DataRow(ScalarType.Bool)]
    public void Read_EveryType_ReturnsWhatWasWritten(ScalarType type)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var tensor = arange(12).reshape(3, 4).to(type);
        SafetensorsWriter.Write(folder["a.safetensors"], [new("a", tensor), new("scalar", tensor[1, 1]), new("none", empty([0, 3], type))], new Dictionary<string, string> { ["format"] = "pt" });

        using var file = SafetensorsFile.Open(folder["a.safetensors"]);
        CollectionAssert.AreEquivalent(new[] { "a", "scalar", "none" }, file.Names.ToArray());
        Assert.AreEqual("pt", file.Metadata["format"]);
        var read = file.Read("a");
        Assert.AreEqual(type, read.dtype);
        CollectionAssert.AreEqual(new long[] { 3, 4 }, read.shape);
        Assert.IsTrue(read.equal(tensor).all().item<bool>());
        Assert.IsEmpty(file.Info("scalar").Shape);
        CollectionAssert.AreEqual(new long[] { 0, 3 }, file.Read("none").shape);
    }

    [TestMethod]
    public void Write_TransposedView_StoresTheValuesInOrder()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var view = arange(6).reshape(2, 3).t();
        SafetensorsWriter.Write(folder["t.safetensors"], [new("t", view)]);
        using var file = SafetensorsFile.Open(folder["t.safetensors"]);
        Assert.IsTrue(file.Read("t").equal(view).all().item<bool>());
    }

    [TestMethod]
    public void Read_TensorOfSeveralBlocks_ReturnsWhatWasWritten()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        const long Count = (1 << 25) + 3;
        var tensor = arange(Count, ScalarType.Int32).to(ScalarType.Byte);
        SafetensorsWriter.Write(folder["large.safetensors"], [new("first", ones(1)), new("large", tensor)]);
        using var file = SafetensorsFile.Open(folder["large.safetensors"]);
        Assert.IsTrue(file.Read("large").equal(tensor).all().item<bool>());
    }

    [TestMethod]
    public void Read_FileCutAfterOpening_NamesTheFile()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(folder["a.safetensors"], [new("a", ones(100))]);
        using var file = SafetensorsFile.Open(folder["a.safetensors"]);
        using (var stream = File.Open(folder["a.safetensors"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.SetLength(200);
        }

        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => file.Read("a")).Message, "a.safetensors");
    }

    [TestMethod]
    public void Open_BytesBehindTheLastTensor_AreRefused()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var path = folder["a.safetensors"];
        SafetensorsWriter.Write(path, [new("a", ones(2))]);
        File.AppendAllText(path, "x");
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => SafetensorsFile.Open(path)).Message, "a.safetensors: 1 bytes follow the last tensor");
    }

    [TestMethod]
    public void Write_UnknownType_LeavesTheOldFileAndNoRest()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var path = folder["a.safetensors"];
        SafetensorsWriter.Write(path, [new("a", ones(2))]);
        var before = File.ReadAllBytes(path);
        Assert.ThrowsExactly<NotSupportedException>(() => SafetensorsWriter.Write(path, [new("c", zeros(2, ScalarType.ComplexFloat32))]));
        CollectionAssert.AreEqual(before, File.ReadAllBytes(path));
        Assert.HasCount(1, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "cut short")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "expected 8")]
    [DataRow("{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "F31")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "'a'")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}", 8, "large")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "overlap")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}", 16, "twice")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "JSON")]
    [DataRow("[1, 2]", 8, "JSON")]
    [DataRow("{\"a\":", 8, "JSON")]
    public void Open_WrongHeader_NamesTheFileAndTheFault(string json, int dataBytes, string expected)
    {
        using var folder = new TemporaryFolder();
        var path = folder["bad.safetensors"];
        WriteRaw(path, (ulong)Encoding.UTF8.GetByteCount(json), json, dataBytes);
        var e = Assert.ThrowsExactly<CheckpointFormatException>(() => SafetensorsFile.Open(path));
        StringAssert.Contains(e.Message, path);
        StringAssert.Contains(e.Message, expected);
    }

    [TestMethod]
    [DataRow(ulong.MaxValue, "at most")]
    [DataRow(200_000_000UL, "at most")]
    [DataRow(5000UL, "cut short")]
    public void Open_WrongHeaderLength_IsRefusedBeforeReading(ulong length, string expected)
    {
        using var folder = new TemporaryFolder();
        var path = folder["bad.safetensors"];
        WriteRaw(path, length, "{}", 0);
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => SafetensorsFile.Open(path)).Message, expected);
    }

    [TestMethod]
    public void Open_ThreeBytes_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["x.safetensors"], [1, 2, 3]);
        Assert.ThrowsExactly<CheckpointFormatException>(() => SafetensorsFile.Open(folder["x.safetensors"]));
    }

    private static void WriteRaw(string path, ulong length, string json, int dataBytes)
    {
        var prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, length);
        File.WriteAllBytes(path, [.. prefix, .. Encoding.UTF8.GetBytes(json), .. new byte[dataBytes]]);
    }
}
