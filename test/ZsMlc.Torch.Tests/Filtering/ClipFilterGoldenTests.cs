using System.Text.Json;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Filtering;

/// <summary>Scores, V and keep decisions against an independent implementation of the published filter.</summary>
[TestClass]
public sealed class ClipFilterGoldenTests
{
    private static readonly JsonElement s_root = JsonDocument.Parse(File.ReadAllBytes(Golden.PathOf("classifier", "clip_filter.json"))).RootElement;

    public static IEnumerable<int> Cases => Enumerable.Range(0, s_root.GetProperty("cases").GetArrayLength());

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Compute_PublishedCase_GivesTheSameScoresAndValues(int number)
    {
        using var scope = NewDisposeScope();
        using var file = Golden.Open("classifier", "clip_filter.safetensors");
        var (image, texts, logits) = (file.Read($"case{number}.image_feature"), file.Read("text_features"), file.Read($"case{number}.logits"));
        var scale = Case(number).GetProperty("logit_scale_exp").GetDouble();
        var scores = scale * nn.functional.normalize(image, dim: -1).matmul(nn.functional.normalize(texts, dim: -1).t());

        Golden.AssertClose(logits, scores.squeeze(0), 1e-5, 1e-5, "scores");
        Golden.AssertClose(file.Read($"case{number}.softmax_all"), Values(logits, number), 1e-5, 1e-5, "V");
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Keep_PublishedCase_IsWhereAllTargetsAndNoOthersWereRecognised(int number)
    {
        using var scope = NewDisposeScope();
        using var file = Golden.Open("classifier", "clip_filter.safetensors");
        var v = Values(file.Read($"case{number}.logits"), number).data<float>().ToArray();
        var published = Case(number).GetProperty("label").EnumerateArray().Select(l => l.GetString()!).ToList();
        var targets = Targets(number);

        // The last case is a tie, for which the published code names one label twice: here both are named, once each.
        var expected = number == 6 ? ["cat", "dog"] : published.Order(StringComparer.Ordinal).ToArray();
        var recognised = KeepRule.Default.Recognised(v, Case(number).GetProperty("top_k").GetInt32()).Select(i => Labels[i]).Order(StringComparer.Ordinal).ToArray();
        CollectionAssert.AreEqual(expected, recognised);
        Assert.AreEqual(targets.Select(i => Labels[i]).ToHashSet().SetEquals(expected), KeepRule.Default.Keep(v, targets));
    }

    private static string[] Labels => [.. s_root.GetProperty("labels").EnumerateArray().Select(l => l.GetString()!)];

    private static JsonElement Case(int number) => s_root.GetProperty("cases")[number];

    private static List<int> Targets(int number) => [.. Case(number).GetProperty("true_label").EnumerateArray().Select(l => Array.IndexOf(Labels, l.GetString()))];

    private static Tensor Values(Tensor logits, int number)
    {
        var targets = new bool[Labels.Length];
        foreach (var target in Targets(number))
        {
            targets[target] = true;
        }

        return GroupingSoftmax.Compute(logits.unsqueeze(0), tensor(targets).unsqueeze(0)).squeeze(0);
    }
}
