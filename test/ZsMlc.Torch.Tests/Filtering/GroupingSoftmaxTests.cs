using System.Text.Json;
using TorchSharp;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Filtering;

[TestClass]
public sealed class GroupingSoftmaxTests
{
    [TestMethod]
    public void Compute_RandomScores_EqualsTheDefinitionTermByTerm()
    {
        var random = new Random(3);
        var scores = Enumerable.Range(0, 5 * 7).Select(_ => random.NextDouble() * 12 - 6).ToArray();
        var targets = new bool[5 * 7];
        for (var row = 0; row < 5; row++)
        {
            for (var k = 0; k <= row; k++)
            {
                targets[row * 7 + (row + 2 * k) % 7] = true;
            }
        }

        using var scope = NewDisposeScope();
        var v = GroupingSoftmax.Compute(tensor(scores).reshape(5, 7), tensor(targets).reshape(5, 7)).data<double>().ToArray();
        for (var row = 0; row < 5; row++)
        {
            var expected = Definition(scores.AsSpan(row * 7, 7), targets.AsSpan(row * 7, 7));
            for (var label = 0; label < 7; label++)
            {
                Assert.AreEqual(expected[label], v[row * 7 + label], 1e-12, $"row {row}, label {label}");
            }
        }
    }

    [TestMethod]
    public void Compute_GoldenCases_HaveTheReferencesValuesAndLabels()
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("classifier", "clip_filter.safetensors");
        using var document = JsonDocument.Parse(File.ReadAllBytes(Golden.PathOf("classifier", "clip_filter.json")));
        static List<string> Texts(JsonElement array) => [.. array.EnumerateArray().Select(t => t.GetString()!)];
        var labels = Texts(document.RootElement.GetProperty("labels"));
        var cases = document.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.IsNotEmpty(cases);
        foreach (var entry in cases)
        {
            var name = $"case{entry.GetProperty("case").GetInt32()}";
            var target = Texts(entry.GetProperty("true_label"));
            var scores = golden.Read($"{name}.logits").unsqueeze(0);
            var cosines = nn.functional.normalize(golden.Read($"{name}.image_feature"), dim: -1).mm(nn.functional.normalize(golden.Read("text_features"), dim: -1).t());
            Golden.AssertClose(scores, entry.GetProperty("logit_scale_exp").GetDouble() * cosines, 1e-5, 1e-5, $"{name}: scores");

            var v = GroupingSoftmax.Compute(scores, tensor(labels.Select(target.Contains).ToArray()).unsqueeze(0)).squeeze(0);
            Golden.AssertClose(golden.Read($"{name}.softmax_all"), v, 0, 1e-6, name);

            // In a tie the reference gives one label twice and loses the other.
            var theirs = Texts(entry.GetProperty("label"));
            var ours = KeepRule.Default.Recognised(v.data<float>().ToArray(), entry.GetProperty("top_k").GetInt32()).Select(i => labels[i]).ToList();
            CollectionAssert.AllItemsAreUnique(ours);
            Assert.HasCount(theirs.Count, ours, name);
            if (theirs.Distinct().Count() == theirs.Count)
            {
                CollectionAssert.AreEqual(theirs, ours, name);
            }
            else
            {
                CollectionAssert.IsSubsetOf(theirs.Distinct().ToArray(), ours, name);
            }
        }
    }

    [TestMethod]
    public void Compute_Batch_EqualsRowByRow()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var scores = randn([6, 9], generator: generator) * 4;
        var targets = zeros(6, 9, ScalarType.Bool);
        for (var row = 0; row < 6; row++)
        {
            targets[row, row] = true;
            targets[row, (row + 3) % 9] = true;
        }

        var batch = GroupingSoftmax.Compute(scores, targets);
        for (var row = 0; row < 6; row++)
        {
            var single = GroupingSoftmax.Compute(scores.narrow(0, row, 1), targets.narrow(0, row, 1));
            Assert.IsTrue(allclose(single, batch.narrow(0, row, 1), rtol: 1e-6, atol: 1e-9), $"row {row}");
        }
    }

    [TestMethod]
    public void Compute_Gradient_EqualsFiniteDifference()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var scores = (randn([2, 5], ScalarType.Float64, generator: generator) * 3).detach().requires_grad_(true);
        var weights = randn([2, 5], ScalarType.Float64, generator: generator);
        var targets = tensor(new[] { true, false, true, false, false, false, false, false, true, false }).reshape(2, 5);
        (GroupingSoftmax.Compute(scores, targets) * weights).sum().backward();

        for (var i = 0; i < 10; i++)
        {
            double At(double step)
            {
                using var inner = NewDisposeScope();
                var moved = scores.detach().clone();
                moved[i / 5, i % 5] += step;
                return (GroupingSoftmax.Compute(moved, targets) * weights).sum().item<double>();
            }

            var expected = (At(1e-6) - At(-1e-6)) / 2e-6;
            Assert.AreEqual(expected, scores.grad![i / 5, i % 5].item<double>(), 1e-7, $"element {i}");
        }
    }

    [TestMethod]
    public void Compute_EveryLabelIsTarget_IsOneWithFiniteGradient()
    {
        using var scope = NewDisposeScope();
        var scores = tensor(new[] { 1f, -3f, 20f }).reshape(1, 3).requires_grad_(true);
        var v = GroupingSoftmax.Compute(scores, ones(1, 3, ScalarType.Bool));
        v.sum().backward();
        CollectionAssert.AreEqual(new[] { 1f, 1f, 1f }, v.data<float>().ToArray());
        Assert.IsTrue(scores.grad!.isfinite().all().item<bool>());
    }

    [TestMethod]
    public void Compute_HalfScores_AreWidened()
    {
        using var scope = NewDisposeScope();
        var v = GroupingSoftmax.Compute(tensor(new[] { 1f, 2f }).reshape(1, 2).to(ScalarType.Float16), tensor(new[] { true, false }).reshape(1, 2));
        Assert.AreEqual(ScalarType.Float32, v.dtype);
    }

    [TestMethod]
    public void Compute_RowWithoutTarget_Throws() => Assert.ThrowsExactly<ArgumentException>(() =>
        GroupingSoftmax.Compute(zeros(1, 3), zeros(1, 3, ScalarType.Bool)));

    [TestMethod]
    public void Compute_ShapesDiffer_NamesBoth()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => GroupingSoftmax.Compute(zeros(2, 3), ones(2, 4, ScalarType.Bool)));
        StringAssert.Contains(e.Message, "[2, 3]");
        StringAssert.Contains(e.Message, "[2, 4]");
    }

    private static double[] Definition(ReadOnlySpan<double> scores, ReadOnlySpan<bool> targets)
    {
        var s = scores.ToArray();
        var y = targets.ToArray();
        var count = y.Count(t => t);
        var v = new double[s.Length];
        foreach (var k in Enumerable.Range(0, s.Length).Where(i => y[i]))
        {
            var group = Enumerable.Range(0, s.Length).Where(i => i == k || !y[i]).ToArray();
            var sum = group.Sum(i => Math.Exp(s[i]));
            v[k] = Math.Exp(s[k]) / sum;
            foreach (var n in group.Where(i => i != k))
            {
                v[n] += Math.Exp(s[n]) / sum / count;
            }
        }

        return v;
    }
}
