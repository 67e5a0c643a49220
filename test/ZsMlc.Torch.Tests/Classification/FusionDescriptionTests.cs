using System.Text.Json.Nodes;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Tests.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

/// <summary>Stored models whose checksum fits, but whose description is not that of their tensors.</summary>
[TestClass]
public sealed class FusionDescriptionTests
{
    private const string Classifier = "fusion_classifier", Clip = "clip_config";

    private static readonly string[] s_bad = ["-1", "0", "1", "2147483647", "1e308", "null", "true", "\"x\"", "[]", "{}", "[null]"];

    private static MemoryStream s_classifier = null!, s_withText = null!, s_clip = null!;

    [ClassInitialize]
    public static void Save(TestContext context)
    {
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var classifier = FusionClassifier.Create(clip, ["cat", "dog"], new() { ContextTokens = 4 });
        classifier.Calibration = new([new(1, 0, 0.5), new(2, 1, 0.3)], new(1, 0, 0.4));
        (s_classifier, s_withText, s_clip) = (new(), new(), new());
        classifier.Save(s_classifier);
        classifier.Save(s_withText, includeTextEncoder: true);
        clip.Save(s_clip);
    }

    [TestMethod]
    [DataRow("Vision/ResNetLayers", "[1,1,1,2147483647]")]
    [DataRow("Vision/ResNetLayers", "[1,1,1,65536]")]
    [DataRow("Vision/ResNetLayers", "null")]
    [DataRow("Vision/Width", "16384")]
    [DataRow("Vision/ImageSize", "2147483616")]
    [DataRow("Text/Layers", "2147483647")]
    [DataRow("Text/Layers", "65536")]
    [DataRow("Text/Width", "16384")]
    [DataRow("Text/VocabSize", "2147483647")]
    [DataRow("EmbedDim", "16384")]
    [DataRow("Options/ContextTokens", "2147483647")]
    [DataRow("Options/Norm", "7")]
    [DataRow("Options/LabelSpecificContext", "true")]
    [DataRow("Labels", "[\"cat\"]")]
    [DataRow("Labels", "[\"cat\",null]")]
    [DataRow("Labels", "null")]
    [DataRow("Vision", "null")]
    [DataRow("Options", "null")]
    [DataRow("Calibration/Labels", "[]")]
    [DataRow("Calibration/Labels", "[null,null]")]
    [DataRow("Calibration/Others", "{\"Scale\":0,\"Offset\":0,\"Threshold\":0.5}")]
    [DataRow("Calibration/Others", "{\"Scale\":1,\"Offset\":0}")]
    public void Load_DescriptionOfOtherTensors_IsRefusedWithoutBuildingIt(string part, string value)
    {
        using var stream = Described(s_withText, Classifier, part, value);
        var tensors = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        var memory = GC.GetAllocatedBytesForCurrentThread();

        var e = Assert.Throws<CheckpointFormatException>(() => FusionClassifier.Load(stream));

        Assert.AreEqual("the stored classifier", e.Path);
        Assert.AreEqual(tensors, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, "No network was begun.");
        Assert.IsLessThan(4 << 20, GC.GetAllocatedBytesForCurrentThread() - memory);
    }

    [TestMethod]
    [DataRow("model_cfg/text_cfg/layers", "2147483647")]
    [DataRow("model_cfg/text_cfg/layers", "65536")]
    [DataRow("model_cfg/text_cfg/width", "16384")]
    [DataRow("model_cfg/vision_cfg/layers", "[1,1,1,2147483647]")]
    [DataRow("model_cfg/vision_cfg/layers", "2147483647")]
    [DataRow("model_cfg/vision_cfg/width", "16384")]
    [DataRow("model_cfg/vision_cfg", "null")]
    [DataRow("model_cfg", "null")]
    public void ClipLoad_ConfigurationOfOtherTensors_IsRefusedWithoutBuildingIt(string part, string value)
    {
        using var stream = Described(s_clip, Clip, part, value);
        var tensors = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        Assert.AreEqual("the stored CLIP model", Assert.Throws<CheckpointFormatException>(() => ClipModel.Load(stream)).Path);

        Assert.AreEqual(tensors, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, "No network was begun.");
    }

    [TestMethod]
    public void Load_EveryValueReplaced_IsReadOrRefused()
    {
        foreach (var (whole, key, load) in new (MemoryStream, string, Func<Stream, IDisposable>)[] { (s_classifier, Classifier, s => FusionClassifier.Load(s)), (s_clip, Clip, s => ClipModel.Load(s)) })
        {
            var refused = 0;
            foreach (var (part, bad) in Parts(JsonNode.Parse(Description(whole, key))!, "").SelectMany(p => s_bad.Select(b => (p, b))))
            {
                using var stream = Described(whole, key, part, bad);
                try
                {
                    load(stream).Dispose();
                }
                catch (CheckpointFormatException)
                {
                    refused++;
                }
                catch (Exception e)
                {
                    Assert.Fail($"{part} = {bad}: {e}");
                }
            }

            Assert.IsGreaterThan(50, refused);
        }
    }

    [TestMethod]
    public void Load_TensorOfAnUnknownName_IsRefused()
    {
        using var stream = Rewritten.Bytes(s_classifier, (tensors, _) => tensors["sha257"] = zeros(32, ScalarType.Byte));

        Assert.Contains("sha257", Assert.ThrowsExactly<CheckpointMismatchException>(() => FusionClassifier.Load(stream)).Message);
    }

    [TestMethod]
    public void Load_TokenizerBeyondTheVocabulary_IsRefused()
    {
        using var stream = Rewritten.Bytes(s_withText, (_, metadata) => metadata["tokenizer_vocabulary"] = """{"<|startoftext|>":0,"<|endoftext|>":49408}""");

        Assert.Contains("49408", Assert.Throws<CheckpointFormatException>(() => FusionClassifier.Load(stream)).Message);
    }

    private static string Description(MemoryStream whole, string key)
    {
        whole.Position = 0;
        using var file = SafetensorsStream.Read(whole, "whole");
        return file.Metadata[key];
    }

    private static MemoryStream Described(MemoryStream whole, string key, string part, string value) => Rewritten.Bytes(whole, (_, metadata) =>
    {
        var root = JsonNode.Parse(metadata[key])!;
        var keys = part.Split('/');
        keys[..^1].Aggregate(root, (node, name) => node[name]!)[keys[^1]] = JsonNode.Parse(value);
        metadata[key] = root.ToJsonString();
    });

    private static IEnumerable<string> Parts(JsonNode node, string at) => node is not JsonObject members
        ? []
        : members.SelectMany(m => Parts(m.Value ?? JsonValue.Create(0), $"{at}{m.Key}/").Prepend($"{at}{m.Key}"));
}
