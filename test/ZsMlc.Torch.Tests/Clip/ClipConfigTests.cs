using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

/// <summary>The published sizes, on the meta device: names, shapes and counts of the released checkpoints, without weights.</summary>
[TestClass]
public sealed class ClipConfigTests
{
    [TestMethod]
    [DataRow("RN50", 102007137L, "visual.layer4.2.conv2.weight", new long[] { 512, 512, 3, 3 }, "visual.attnpool.positional_embedding", new long[] { 50, 2048 })]
    [DataRow("RN101", 119688033L, "visual.layer3.22.conv3.weight", new long[] { 1024, 256, 1, 1 }, "visual.attnpool.c_proj.weight", new long[] { 512, 2048 })]
    [DataRow("RN50x4", 178300601L, "visual.layer3.9.conv2.weight", new long[] { 320, 320, 3, 3 }, "visual.attnpool.positional_embedding", new long[] { 82, 2560 })]
    [DataRow("ViT-B/32", 151277313L, "visual.conv1.weight", new long[] { 768, 3, 32, 32 }, "visual.positional_embedding", new long[] { 50, 768 })]
    [DataRow("ViT-B/16", 149620737L, "visual.transformer.resblocks.11.attn.in_proj_weight", new long[] { 2304, 768 }, "visual.positional_embedding", new long[] { 197, 768 })]
    [DataRow("ViT-L/14", 427616513L, "visual.transformer.resblocks.23.mlp.c_fc.weight", new long[] { 4096, 1024 }, "visual.proj", new long[] { 1024, 768 })]
    public void Model_PublishedSizes_HasThePublishedTensors(string name, long parameters, string first, long[] firstShape, string second, long[] secondShape)
    {
        var config = name switch
        {
            "RN50" => ClipConfig.RN50, "RN101" => ClipConfig.RN101, "RN50x4" => ClipConfig.RN50x4,
            "ViT-B/32" => ClipConfig.ViTB32, "ViT-B/16" => ClipConfig.ViTB16, _ => ClipConfig.ViTL14,
        };
        using var meta = Layers.On(META);
        using var model = new ClipModel(config);
        Assert.AreEqual(parameters, model.parameters().Sum(p => p.NumberOfElements));
        var state = model.state_dict();
        CollectionAssert.AreEqual(firstShape, state[first].shape);
        CollectionAssert.AreEqual(secondShape, state[second].shape);
        CollectionAssert.AreEqual(new long[] { 77, config.Text.Width }, state["text.positional_embedding"].shape);
        CollectionAssert.AreEqual(new long[] { 4 * config.Text.Width, config.Text.Width }, state["text.transformer.resblocks.11.mlp.c_fc.weight"].shape);
        Assert.IsTrue(state.Values.All(t => t.device_type == TorchSharp.DeviceType.META));
    }

    [TestMethod]
    [DataRow(0, "EmbedDim")]
    [DataRow(1, "Vision.ImageSize")]
    [DataRow(2, "Vision.ResNetLayers")]
    [DataRow(3, "Vision.Heads")]
    [DataRow(4, "Vision.PatchSize")]
    [DataRow(5, "Text.Heads")]
    [DataRow(6, "Text.ContextLength")]
    public void Model_ImpossibleSizes_NamesTheOneAtFault(int fault, string expected)
    {
        var (resNet, viT) = (ClipModelTests.TinyResNet, ClipModelTests.TinyViT);
        var config = fault switch
        {
            0 => resNet with { EmbedDim = 0 },
            1 => resNet with { Vision = resNet.Vision with { ImageSize = 50 } },
            2 => resNet with { Vision = resNet.Vision with { ResNetLayers = [1, 1, 1] } },
            3 => resNet with { Vision = resNet.Vision with { Heads = 7 } },
            4 => viT with { Vision = viT.Vision with { PatchSize = 0 } },
            5 => viT with { Text = viT.Text with { Heads = 3 } },
            _ => viT with { Text = viT.Text with { ContextLength = 2 } },
        };
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new ClipModel(config)).Message, expected);
    }
}
