using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Tests.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

/// <summary>Checkpoints that a run must not go on from.</summary>
[TestClass]
public sealed class TrainingStateTests
{
    private const string Context = "learnt.prompt_learner.ctx_pos", Momentum = "velocity.prompt_learner.ctx_neg";

    private static readonly FusionTrainingOptions s_options = new() { Epochs = 2, BatchSize = 8, Seed = 1 };

    private static TemporaryFolder s_folder = null!;
    private static ClipModel s_clip = null!;
    private static InMemoryTrainingRows s_rows = null!;

    [ClassInitialize]
    public static void Train(TestContext context)
    {
        (s_folder, s_clip, s_rows) = (new(), FusionClassifierTrainerTests.TinyClip(), FusionClassifierTrainerTests.Rows(8, 3));
        using var classifier = Fresh();
        FusionClassifierTrainer.Fit(classifier, s_options with { CheckpointPath = s_folder["whole"] }, s_rows);
    }

    [ClassCleanup]
    public static void Clean()
    {
        s_rows.Dispose();
        s_clip.Dispose();
        s_folder.Dispose();
    }

    [TestMethod]
    public void Fit_WholeCheckpointWithANewChecksum_IsTakenUp()
    {
        var path = Copy("again");
        Rewritten.File(path, (_, _) => { });
        using var classifier = Fresh();

        var result = FusionClassifierTrainer.Fit(classifier, s_options with { CheckpointPath = path }, s_rows);

        Assert.HasCount(2, result.EpochLosses);
    }

    [TestMethod]
    [DataRow("broadcast scalar", Context)]
    [DataRow("transposed", Context)]
    [DataRow("other type", Context)]
    [DataRow("missing tensor", Context)]
    [DataRow("missing best", "best.prompt_learner.ctx_pos")]
    [DataRow("missing velocity", Momentum)]
    [DataRow("surplus tensor", "learnt.more")]
    [DataRow("no losses", "losses")]
    [DataRow("losses are no list", "losses")]
    [DataRow("too many losses", "losses")]
    [DataRow("no skipped", "skipped")]
    [DataRow("best epoch too high", "best_epoch")]
    [DataRow("best epoch is text", "best_epoch")]
    [DataRow("scores of other length", "scores")]
    [DataRow("no best epoch but its weights", "best.")]
    public void Fit_DamagedCheckpointWhoseChecksumFits_IsRefusedAndNothingChanges(string fault, string named)
    {
        var path = Copy(fault);
        Rewritten.File(path, (tensors, metadata) =>
        {
            switch (fault)
            {
                case "broadcast scalar":
                    tensors[Context] = ones(1);
                    break;
                case "transposed":
                    tensors[Context] = tensors[Context].t().contiguous();
                    break;
                case "other type":
                    tensors[Context] = tensors[Context].to(ScalarType.Int32);
                    break;
                case "surplus tensor":
                    tensors["learnt.more"] = ones(2);
                    break;
                case "no losses" or "no skipped":
                    metadata.Remove(named);
                    break;
                case "losses are no list":
                    metadata["losses"] = "[1,";
                    break;
                case "too many losses":
                    metadata["losses"] = $"[{string.Join(',', Enumerable.Repeat("1", 500))}]";
                    break;
                case "best epoch too high":
                    metadata["best_epoch"] = "3";
                    break;
                case "best epoch is text":
                    metadata["best_epoch"] = "two";
                    break;
                case "scores of other length":
                    metadata["scores"] = "[0.5]";
                    break;
                case "no best epoch but its weights":
                    metadata["best_epoch"] = "0";
                    break;
                default:
                    tensors.Remove(named);
                    break;
            }
        });

        AssertRefused(path, named);
    }

    [TestMethod]
    public void Fit_FlippedWeight_IsRefused()
    {
        var path = Copy("flipped");
        Rewritten.Bit(path, Context);

        AssertRefused(path, "SHA-256");
    }

    [TestMethod]
    public void Fit_CheckpointWithoutChecksum_IsRefusedAndSaysWhatToDo()
    {
        var path = Copy("old");
        Rewritten.File(path, (_, _) => { }, checksum: false);

        AssertRefused(path, "Delete it to start over");
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(7)]
    [DataRow(3000)]
    [DataRow(-1)]
    public void Fit_CheckpointCutShort_IsRefused(int length)
    {
        var path = Copy($"cut{length}");
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.SetLength(length < 0 ? file.Length + length : length);
        }

        AssertRefused(path, "cut");
    }

    private static void AssertRefused(string path, string named)
    {
        using var classifier = Fresh();
        var before = Weights(classifier);
        var live = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        var e = Assert.ThrowsExactly<CheckpointFormatException>(() => FusionClassifierTrainer.Fit(classifier, s_options with { CheckpointPath = path }, s_rows));

        Assert.AreEqual(path, e.Path);
        Assert.StartsWith(path, e.Message);
        Assert.Contains(named, e.Message);
        Assert.AreEqual(live, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        CollectionAssert.AreEqual(before, Weights(classifier));
    }

    private static string Copy(string name)
    {
        var path = s_folder[name];
        File.Copy(s_folder["whole"], path);
        return path;
    }

    private static FusionClassifier Fresh()
    {
        manual_seed(9);
        return FusionClassifier.Create(s_clip, ["red", "green", "blue", "dark"], new() { ContextTokens = 4 });
    }

    private static float[] Weights(FusionClassifier classifier)
    {
        using var scope = NewDisposeScope();
        return [.. classifier.ContextParameters().Concat(classifier.FusionParameters()).SelectMany(p => p.Parameter.detach().data<float>().ToArray())];
    }
}
