using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Checkpoints;

[TestClass]
public sealed class CheckpointLoaderTests
{
    [TestMethod]
    public void LoadInto_WrongCheckpoint_ListsEveryDifferenceAndChangesNothing()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var module = nn.Linear(2, 3);
        var before = module.weight.detach().clone();
        SafetensorsWriter.Write(folder["m.safetensors"], [new("weight", zeros(2, 2)), new("extra", zeros(1))]);
        using var checkpoint = Checkpoint.Open(folder["m.safetensors"]);
        var e = Assert.ThrowsExactly<CheckpointMismatchException>(() => CheckpointLoader.LoadInto(module, checkpoint));
        CollectionAssert.AreEqual(new[] { "bias" }, e.Missing.ToArray());
        CollectionAssert.AreEqual(new[] { "extra" }, e.Surplus.ToArray());
        StringAssert.Contains(e.Misshapen.Single(), "[2, 2], expected [3, 2]");
        Assert.IsTrue(before.equal(module.weight).all().item<bool>());
    }

    [TestMethod]
    public void LoadInto_HalfPrecisionAndOtherNames_FillsTheModule()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var module = nn.Linear(2, 3);
        SafetensorsWriter.Write(folder["m.safetensors"], [new("x.weight", full(3, 2, 0.5, ScalarType.Float16)), new("x.bias", ones(3, ScalarType.BFloat16)), new("position_ids", arange(4))]);
        using var checkpoint = Checkpoint.Open(folder["m.safetensors"]);
        CheckpointLoader.LoadInto(module, checkpoint, name => name == "position_ids" ? null : name[2..]);
        Assert.AreEqual(ScalarType.Float32, module.weight.dtype);
        Assert.AreEqual(3f, module.weight.sum().item<float>());
        Assert.AreEqual(3f, module.bias!.sum().item<float>());
        Assert.IsTrue(module.weight.requires_grad);
    }

    [TestMethod]
    [DataRow(ScalarType.Int8, false)]
    [DataRow(ScalarType.Bool, false)]
    [DataRow(ScalarType.Float64, true)]
    [DataRow(ScalarType.BFloat16, true)]
    public void LoadInto_OtherType_ConvertsFloatsOnly(ScalarType type, bool fits)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var module = nn.Linear(2, 3, hasBias: false);
        SafetensorsWriter.Write(folder["m.safetensors"], [new("weight", ones([3, 2], type))]);
        using var checkpoint = Checkpoint.Open(folder["m.safetensors"]);
        if (fits)
        {
            CheckpointLoader.LoadInto(module, checkpoint);
            Assert.AreEqual(6f, module.weight.sum().item<float>());
        }
        else
        {
            var e = Assert.ThrowsExactly<CheckpointMismatchException>(() => CheckpointLoader.LoadInto(module, checkpoint));
            StringAssert.Contains(e.Misshapen.Single(), $"found {type}");
        }
    }

    [TestMethod]
    public void LoadInto_TwoNamesForOneTensor_ListsTheSecond()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var module = nn.Linear(2, 3, hasBias: false);
        SafetensorsWriter.Write(folder["m.safetensors"], [new("weight", ones(3, 2)), new("module.weight", zeros(3, 2))]);
        using var checkpoint = Checkpoint.Open(folder["m.safetensors"]);
        var e = Assert.ThrowsExactly<CheckpointMismatchException>(() => CheckpointLoader.LoadInto(module, checkpoint, n => n.Replace("module.", "")));
        StringAssert.StartsWith(e.Surplus.Single(), "module.weight");
    }

    [TestMethod]
    [DataRow(float.NaN, ScalarType.Float32)]
    [DataRow(float.PositiveInfinity, ScalarType.Float16)]
    [DataRow(float.NegativeInfinity, ScalarType.BFloat16)]
    [DataRow(3e38f, ScalarType.Float32)]
    public void LoadInto_ValueThatIsNotFinite_NamesTheTensor(float value, ScalarType type)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var module = nn.Linear(2, 3, hasBias: false);
        var weight = full([3, 2], float.IsFinite(value) ? value : 1, type);
        weight[1, 1] = value;
        SafetensorsWriter.Write(folder["m.safetensors"], [new("weight", weight)]);
        using var checkpoint = Checkpoint.Open(folder["m.safetensors"]);
        if (float.IsFinite(value))
        {
            // Their sum overflows, they do not.
            CheckpointLoader.LoadInto(module, checkpoint);
            return;
        }

        var e = Assert.ThrowsExactly<CheckpointFormatException>(() => CheckpointLoader.LoadInto(module, checkpoint));
        StringAssert.Contains(e.Message, "m.safetensors: tensor 'weight' has 1 of 6 values that are not finite");
    }
}
