using TorchSharp;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Classification.Calibration;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class FusionClassifierCalibrateTests
{
    private static readonly string[] s_labels = ["cat", "dog", "cup"];

    private static ClipModel s_clip = null!;

    [ClassInitialize]
    public static void Create(TestContext context) => s_clip = FusionClassifierTrainerTests.TinyClip();

    [ClassCleanup]
    public static void Clean() => s_clip.Dispose();

    [TestMethod]
    public void Calibrate_HeldOutRows_MakesScoresHoldAndLeavesRanks()
    {
        using var scope = NewDisposeScope();
        using var classifier = Mild();
        using var rows = Rows();
        var before = Matrix(classifier, rows);
        var differences = ScoredRows.Of(rows, 3, classifier.LogitDifferences, 7, default).Scores;

        Assert.IsTrue(classifier.Calibrate(rows));

        var after = Matrix(classifier, rows);
        for (var c = 0; c < 3; c++)
        {
            var order = Enumerable.Range(0, 40).OrderBy(r => differences[r, c]).ToArray();
            Assert.IsTrue(order.Zip(order.Skip(1)).All(p => after[p.First, c] <= after[p.Second, c]), $"Ranks of label {c}.");
            Assert.IsTrue(order.Any(r => before[r, c] != after[r, c]));
        }

        var targets = rows.Targets([.. Enumerable.Range(0, 40)]).data<float>().ToArray();
        Assert.AreEqual(targets.Average(), after.Cast<float>().Average(), 0.02, "Scores sum to the number of positives.");
        Assert.IsTrue(classifier.Calibration!.Labels.All(l => l.Threshold is > 0 and < 1));
    }

    [TestMethod]
    public void Load_CalibratedClassifier_ScoresBitEqualAndOtherLabelsHaveTheCommonCalibration()
    {
        using var scope = NewDisposeScope();
        using var classifier = Mild();
        using var rows = Rows();
        classifier.Complete(ScalarType.Float32);
        classifier.Calibrate(rows);
        using var stream = new MemoryStream();
        classifier.Save(stream, includeTextEncoder: true);
        stream.Position = 0;

        using var read = FusionClassifier.Load(stream);
        using var other = read.WithLabels(["bus", "dog"]);

        CollectionAssert.AreEqual(classifier.Calibration!.Labels.ToArray(), read.Calibration!.Labels.ToArray());
        Assert.IsTrue(classifier.Score(rows.Images([0, 1])).equal(read.Score(rows.Images([0, 1]))).all().item<bool>());
        Assert.AreEqual(read.Calibration.Others, other.Calibration!.Labels[0]);
        Assert.AreEqual(read.Calibration.Labels[1], other.Calibration.Labels[1]);
    }

    [TestMethod]
    public void Calibrate_RowsWithoutAnyLabel_LeavesScoresAsTheyAre()
    {
        using var scope = NewDisposeScope();
        using var classifier = Mild();
        using var rows = new InMemoryTrainingRows(randint(0, 255, [4, 3, 32, 32], dtype: ScalarType.Byte), zeros(4, 3), new bool[4]);

        Assert.IsFalse(classifier.Calibrate(rows));
        Assert.IsNull(classifier.Calibration);
    }

    [TestMethod]
    public void Calibration_OfOtherLabelsOrOutOfRange_IsRefused()
    {
        using var classifier = Mild();
        LabelCalibration good = new(1, 0, 0.5);

        Assert.Contains("2 labels are calibrated; expected 3", Assert.ThrowsExactly<ArgumentException>(() => classifier.Calibration = new([good, good], good)).Message);
        foreach (var bad in new LabelCalibration[] { new(0, 0, 0.5), new(-1, 0, 0.5), new(double.NaN, 0, 0.5), new(1, double.PositiveInfinity, 0.5), new(1, 0, 1.5), null! })
        {
            Assert.ThrowsExactly<ArgumentException>(() => classifier.Calibration = new([good, bad, good], good));
        }

        Assert.IsNull(classifier.Calibration);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => classifier.Calibrate(Rows(), new() { ExpectedPrevalence = 1 }));
    }

    private static FusionClassifier Mild() => MildClassifier.Create(s_clip, s_labels);

    private static InMemoryTrainingRows Rows()
    {
        using var generator = new Generator(4, CPU);
        using var present = rand(40, 3, generator: generator).lt(0.3);
        return new(randint(0, 255, [40, 3, 32, 32], dtype: ScalarType.Byte, generator: generator), present.to(ScalarType.Float32), new bool[40]);
    }

    private static float[,] Matrix(FusionClassifier classifier, ITrainingRows rows) => ScoredRows.Of(rows, 3, classifier.Score, 16, default).Scores;
}
