using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Tests.Diffusion;

namespace ZsMlc.Torch.Tests.Checkpoints;

[TestClass]
public sealed class GitLfsPointerTests
{
    private const string Pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 343816753\n";

    [TestMethod]
    [DataRow("model.safetensors")]
    [DataRow("RN50.pt")]
    [DataRow("pytorch_model.bin")]
    [DataRow("model.safetensors.index.json")]
    public void Open_PointerForWeights_SaysWhatItIsAndHowToFetch(string name)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[name], Pointer);
        var message = Assert.ThrowsExactly<CheckpointFormatException>(() => Checkpoint.Open(folder[name])).Message;
        StringAssert.Contains(message, $"{folder[name]}: this is a Git LFS pointer");
        StringAssert.Contains(message, "343816753 bytes");
        StringAssert.Contains(message, "git lfs pull");
    }

    [TestMethod]
    [DataRow("config.json")]
    [DataRow("model.safetensors")]
    public void ClipModel_PointerInItsFolder_IsNamed(string name)
    {
        using var folder = new TemporaryFolder();
        using (var clip = new ClipModel(new(8, ClipVisionConfig.ViT(32, 64, 16, 1), new(12, 49408, 64, 1, 1))))
        {
            clip.Save(folder.Path, layout: ClipFolderLayout.HuggingFace);
        }

        AssertNamed(folder, name, () => ClipModel.FromPretrained(folder.Path).Dispose());
    }

    [TestMethod]
    [DataRow("model_index.json")]
    [DataRow("scheduler/scheduler_config.json")]
    [DataRow("tokenizer/vocab.json")]
    [DataRow("tokenizer/merges.txt")]
    [DataRow("tokenizer/special_tokens_map.json")]
    [DataRow("unet/config.json")]
    [DataRow("unet/diffusion_pytorch_model.safetensors")]
    [DataRow("vae/diffusion_pytorch_model.safetensors")]
    public void StableDiffusionPipeline_PointerInItsFolder_IsNamed(string name)
    {
        using var folder = new TemporaryFolder();
        using (var pipeline = TinyPipeline.Create())
        {
            pipeline.Save(folder.Path);
        }

        AssertNamed(folder, name, () => StableDiffusionPipeline.FromPretrained(folder.Path).Dispose());
    }

    private static void AssertNamed(TemporaryFolder folder, string name, Action load)
    {
        File.WriteAllText(folder[name], Pointer);
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(load).Message, $"{folder[name]}: this is a Git LFS pointer");
    }
}
