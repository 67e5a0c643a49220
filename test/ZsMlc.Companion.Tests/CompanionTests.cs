using System.Diagnostics;
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.TorchSharp;
using ZsMlc.MicroModels;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Datasets;

namespace ZsMlc.Companion.Tests;

/// <summary>
/// One process with Microsoft.ML.TorchSharp and with this library, both on one TorchSharp. The former is built against TorchSharp 0.102;
/// of what it calls, one overload of <c>interpolate</c> is gone, which its object detection needs when it runs.
/// </summary>
[TestClass]
public sealed class CompanionTests
{
    private const int Rows = 8;
    private static string s_folder = null!, s_pictures = null!, s_model = null!;
    private static float[][] s_scores = null!;

    [ClassInitialize]
    public static void FitOursBesideTheirs(TestContext context)
    {
        s_folder = Directory.CreateTempSubdirectory("zsmlc-companion-").FullName;
        s_model = Path.Combine(s_folder, "tagger.zip");
        var ml = new MLContext(seed: 7);
        Assert.IsNotEmpty(Theirs(ml));

        var micro = ZeroShotModels.Micro;
        var labels = LabelSet.Create(micro.Seen, micro.Unseen);
        var rows = ml.Data.TakeRows(ml.Data.LoadFromCoco(micro.Validation.Annotations, micro.Validation.Images, new() { Labels = labels.All }), Rows);
        using var model = ml.MultiLabelClassification.Trainers.FusionMultiLabel(new FusionMultiLabelOptions { Labels = labels, Clip = micro.Clip, Network = new() { ContextTokens = 4 }, Epochs = 1, BatchSize = 4 }).Fit(rows);
        s_scores = [.. model.Transform(rows).GetColumn<float[]>("Score")];
        ml.Model.Save(model, rows.Schema, s_model);

        s_pictures = Directory.CreateDirectory(Path.Combine(s_folder, "pictures")).FullName;
        foreach (var file in rows.GetColumn<string>("ImagePath"))
        {
            File.Copy(file, Path.Combine(s_pictures, Path.GetFileName(file)));
        }
    }

    [ClassCleanup]
    public static void Clean() => Directory.Delete(s_folder, recursive: true);

    [TestMethod]
    public void Trainers_OfMicrosoftML_AreConstructedBesideOurs() => Assert.HasCount(5, Theirs(new MLContext()));

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [DataRow("libtorch_cpu.so")]
    [DataRow("libLibTorchSharp.so")]
    public void NativeLibrary_OfBoth_IsLoadedOnce(string library)
    {
        var loaded = File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1]).Where(path => Path.GetFileName(path) == library).Distinct().ToList();

        Assert.HasCount(1, loaded, string.Join(", ", loaded));
    }

    [TestMethod]
    public void Scores_WithTheirsInTheProcess_AreThoseOfAProcessWithoutIt()
    {
        Assert.HasCount(Rows, s_scores);

        CollectionAssert.AreEqual(s_scores.Select(Bits).ToList(), ScoresOfLoader());
    }

    /// <summary>Every trainer that Microsoft.ML.TorchSharp offers.</summary>
    private static List<IEstimator<ITransformer>> Theirs(MLContext ml) =>
    [
        ml.MulticlassClassification.Trainers.TextClassification(),
        ml.MulticlassClassification.Trainers.NamedEntityRecognition(),
        ml.MulticlassClassification.Trainers.QuestionAnswer(),
        ml.MulticlassClassification.Trainers.ObjectDetection("Labels", "Predicted", "Score", "Boxes", "PredictedBoxes"),
        ml.Regression.Trainers.SentenceSimilarity(),
    ];

    private static List<string> ScoresOfLoader()
    {
        var loader = typeof(CompanionTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Loader").Value!;
        Assert.IsFalse(File.Exists(Path.Combine(Path.GetDirectoryName(loader)!, "Microsoft.ML.TorchSharp.dll")));
        using var process = Process.Start(new ProcessStartInfo("dotnet", [loader, s_model, s_pictures]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode);
        return [.. output.Split('\n').Where(line => line.StartsWith("view ", StringComparison.Ordinal)).Select(line => string.Join(' ', line.Split(' ')[1..^1]))];
    }

    private static string Bits(float[] scores) => string.Join(' ', scores.Select(s => BitConverter.SingleToUInt32Bits(s).ToString("x8")));
}
