using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Tests.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests;

/// <summary>Where the first values of networks come from.</summary>
[TestClass]
public sealed class LayersTests
{
    [TestMethod]
    public void Layers_Default_StartLikeTorchsOwn()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        Tensor[] expected = [nn.Conv2d(8, 16, 3).weight, nn.Linear(20, 30).bias!, nn.Embedding(10, 20).weight!, randn(3, 2) * 0.1];

        manual_seed(3);
        Tensor[] found = [Layers.Conv2d(8, 16, 3).weight, Layers.Linear(20, 30).bias!, Layers.Embedding(10, 20).weight!, Layers.Normal(0.1, 3, 2)];

        AssertSame(expected, found);
    }

    [TestMethod]
    public void DrawnFrom_Generator_GivesTheValuesOfThatSeedAndLeavesTorchsOwnAlone()
    {
        using var scope = NewDisposeScope();
        manual_seed(11);
        var expected = new ClipModel(ClipModelTests.TinyResNet);
        manual_seed(5);
        var state = State();

        ClipModel found;
        using (var generator = new Generator(11))
        using (Layers.DrawnFrom(generator))
        {
            found = new(ClipModelTests.TinyResNet);
        }

        AssertSame(expected.parameters(), found.parameters());
        CollectionAssert.AreEqual(state, State());
    }

    [TestMethod]
    public void Unfilled_AnyNetwork_DrawsNothing()
    {
        using var scope = NewDisposeScope();
        var state = State();

        using (Layers.Unfilled())
        {
            _ = new ClipModel(ClipModelTests.TinyResNet);
            _ = new ClipModel(ClipModelTests.TinyViT);
        }

        CollectionAssert.AreEqual(state, State());
    }

    [TestMethod]
    public void On_AnotherThread_IsNotAffected()
    {
        using var scope = NewDisposeScope();
        using var meta = Layers.On(META);
        var device = DeviceType.META;

        var thread = new Thread(() =>
        {
            using var layer = Layers.Linear(2, 2);
            device = layer.weight!.device_type;
        });
        thread.Start();
        thread.Join();

        Assert.AreEqual(DeviceType.CPU, device);
        Assert.AreEqual(DeviceType.META, Layers.Linear(2, 2).weight!.device_type);
    }

    private static byte[] State()
    {
        using var state = get_rng_state();
        return state.data<byte>().ToArray();
    }

    private static void AssertSame(IEnumerable<Tensor> expected, IEnumerable<Tensor> found)
    {
        foreach (var (e, f) in expected.Zip(found))
        {
            CollectionAssert.AreEqual(e.data<float>().ToArray(), f.data<float>().ToArray());
        }
    }
}
