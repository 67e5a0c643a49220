using System.Text.Json.Nodes;
using ZsMlc.Torch.Diffusion;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>Settings of a diffusers folder that no image can be made with are refused at loading, with their file.</summary>
[TestClass]
public sealed class ForeignSettingsTests
{
    [TestMethod]
    [DataRow("unet", "norm_num_groups", "64")]
    [DataRow("unet", "norm_num_groups", "10000")]
    [DataRow("unet", "norm_num_groups", "7")]
    [DataRow("vae", "norm_num_groups", "17")]
    [DataRow("vae", "norm_num_groups", "3")]
    [DataRow("unet", "attention_head_dim", "3")]
    [DataRow("unet", "attention_head_dim", "[3, 1]")]
    [DataRow("text_encoder", "num_attention_heads", "5")]
    public void FromPretrained_PartsThatDoNotDivideTheWidth_AreRefusedByName(string part, string name, string value) =>
        AssertRefused($"{part}/config.json", name, (name, value));

    [TestMethod]
    public void FromPretrained_HeadsOfALevelWithoutAttention_ArePassedOver()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = TinyPipeline.CreateXL();
        pipeline.Save(folder.Path);
        Set(folder["unet/config.json"], ("attention_head_dim", "[3, 4]"));
        StableDiffusionPipeline.FromPretrained(folder.Path).Dispose();
    }

    private static void AssertRefused(string file, string expected, params (string Name, string Value)[] settings)
    {
        using var folder = new TemporaryFolder();
        using var pipeline = TinyPipeline.Create();
        pipeline.Save(folder.Path);
        Set(folder[file], settings);

        foreach (var load in new Action[] { () => StableDiffusionPipeline.FromPretrained(folder.Path), () => StableDiffusionPipeline.Look(folder.Path) })
        {
            var message = Assert.ThrowsExactly<NotSupportedException>(load).Message;
            StringAssert.Contains(message, expected);
            StringAssert.Contains(message, folder[file]);
        }
    }

    private static void Set(string path, params (string Name, string Value)[] settings)
    {
        var root = JsonNode.Parse(File.ReadAllText(path))!;
        foreach (var (name, value) in settings)
        {
            root[name] = JsonNode.Parse(value);
        }

        File.WriteAllText(path, root.ToJsonString());
    }
}
