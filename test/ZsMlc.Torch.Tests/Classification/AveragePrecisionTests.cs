using System.Text.Json;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class AveragePrecisionTests
{
    [TestMethod]
    public void Of_GoldenScores_IsTheReferences()
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("classifier", "metrics.safetensors");
        using var document = JsonDocument.Parse(File.ReadAllBytes(Golden.PathOf("classifier", "metrics.json")));
        var expected = document.RootElement.GetProperty("AP").EnumerateArray().Select(a => a.GetDouble()).ToArray();
        var (scores, targets) = (golden.Read("pred"), golden.Read("target").to(ScalarType.Float32));
        List<double> known = [];
        for (var c = 0; c < expected.Length; c++)
        {
            var actual = AveragePrecision.Of(scores[.., c].contiguous().data<float>().ToArray(), targets[.., c].contiguous().data<float>().ToArray());
            Assert.AreEqual(expected[c], actual ?? 0, 1e-6);
            if (actual is { } value)
            {
                known.Add(value);
            }
        }

        // The reference counts a label without positives as zero.
        Assert.AreEqual(document.RootElement.GetProperty("mAP_percent").GetDouble() / 100, known.Sum() / expected.Length, 1e-6);
        Assert.HasCount((int)targets.amax([0]).sum().item<float>(), known);
    }

    [TestMethod]
    public void Of_TiesAndUnknownRows_KeepTheOrder()
    {
        Assert.AreEqual(1.0, AveragePrecision.Of([0.5f, 0.5f], [1, 0]));
        Assert.AreEqual(0.5, AveragePrecision.Of([0.5f, 0.5f], [0, 1]));
        Assert.AreEqual(1.0, AveragePrecision.Of([0.9f, 0.5f], [float.NaN, 1]));
        Assert.IsNull(AveragePrecision.Of([0.9f], [0]));
    }
}
