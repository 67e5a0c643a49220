using System.Text.Json;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>What a pipeline writes, beside what today's libraries write of the same model: these must find every setting they look for.</summary>
[TestClass]
public sealed class WrittenFoldersTests
{
    // Who wrote a file, from where and with what, and how today's tokenizers are built.
    private static readonly string[] s_writers = ["_diffusers_version", "_name_or_path", "transformers_version", "backend", "is_local", "local_files_only"];

    // The published number stands for no token that is in use.
    private static readonly string[] s_wrong = ["pad_token_id"];

    [TestMethod]
    [DataRow("sd_sharded")]
    [DataRow("sdxl")]
    public void Save_EveryConfig_HasTheKeysAndValuesOfTheReferences(string model)
    {
        using var folder = new TemporaryFolder();
        using var pipeline = StableDiffusionPipeline.FromPretrained(Golden.PathOf("newest", model));

        pipeline.Save(folder.Path);

        var published = Golden.PathOf("newest", model);
        var names = Directory.EnumerateFiles(published, "*.json", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(published, f)).Where(f => Path.GetFileName(f) != "tokenizer.json" && !f.EndsWith(".index.json", StringComparison.Ordinal)).ToList();
        Assert.IsGreaterThan(5, names.Count);
        foreach (var name in names)
        {
            using var expected = Read(Path.Combine(published, name));
            using var found = Read(folder[name]);
            var missing = expected.RootElement.EnumerateObject().Select(p => p.Name).Except(found.RootElement.EnumerateObject().Select(p => p.Name)).Except(s_writers);

            // A file of another scheduler than the one it was made for has settings of both.
            Assert.IsEmpty(name.StartsWith("scheduler", StringComparison.Ordinal) && model != "sdxl" ? [] : missing.ToList(), $"{name} lacks {string.Join(", ", missing)}");
            foreach (var value in found.RootElement.EnumerateObject().Where(p => !s_wrong.Contains(p.Name) && expected.RootElement.TryGetProperty(p.Name, out _)))
            {
                Assert.IsTrue(JsonElement.DeepEquals(expected.RootElement.GetProperty(value.Name), value.Value), $"{name}: {value.Name} is {value.Value.GetRawText()}, expected {expected.RootElement.GetProperty(value.Name).GetRawText()}");
            }
        }
    }

    [TestMethod]
    public void Save_Weights_AreOfOneElementTypeAndLoadedAsOne()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = TinyPipeline.CreateXL();
        pipeline.Save(folder.Path);
        var types = Directory.EnumerateFiles(folder.Path, "*.safetensors", SearchOption.AllDirectories).SelectMany(path =>
        {
            using var file = SafetensorsFile.Open(path);
            return file.Names.Select(n => file.Info(n).DType).ToList();
        });
        CollectionAssert.AreEqual(new[] { ScalarType.Float16 }, types.Distinct().ToArray());
        foreach (var part in new[] { "text_encoder", "text_encoder_2" })
        {
            using var config = Read(folder[$"{part}/config.json"]);
            Assert.AreEqual("float32", config.RootElement.GetProperty("dtype").GetString(), "The type that readers elsewhere load, as they do for the denoiser.");
        }
    }

    [TestMethod]
    public void Save_Tokens_AreThoseOfTheEncoders()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = TinyPipeline.CreateXL();
        pipeline.Save(folder.Path);
        using var read = StableDiffusionPipeline.FromPretrained(folder.Path);
        CollectionAssert.AreEqual(new[] { 49407, 0 }, read.Conditioning.Encoders.Select(e => e.PadId).ToArray());
        using var config = Read(folder["tokenizer_2/tokenizer_config.json"]);
        Assert.AreEqual("!", config.RootElement.GetProperty("pad_token").GetString());
        Assert.AreEqual(16, config.RootElement.GetProperty("model_max_length").GetInt32());
        using var encoder = Read(folder["text_encoder_2/config.json"]);
        Assert.AreEqual(49407, encoder.RootElement.GetProperty("eos_token_id").GetInt32());
    }

    private static JsonDocument Read(string path) => JsonDocument.Parse(File.ReadAllText(path).Replace("-Infinity", "\"-Infinity\""));
}
