using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Classification;

/// <summary>
/// The whole way on real photos: the 128 photos of <c>coco128</c> in the folder that ZSMLC_TEST_DATA names, with a random
/// CLIP of next to no size.
/// </summary>
[TestClass]
public sealed class CocoPhotosTests
{
    private readonly MLContext _ml = new(7);

    [TestMethod]
    public void FitEvaluateSaveLoad_Coco128_ScoresAreTheSameInANewProcess()
    {
        if (Environment.GetEnvironmentVariable("ZSMLC_TEST_DATA") is not { Length: > 0 } data)
        {
            Assert.Inconclusive("ZSMLC_TEST_DATA is not set: the COCO photos are not scored.");
            return;
        }

        using var world = new TinyWorld();
        var labels = LabelSet.Load(Path.Combine(data, "splits", "coco_48_17.json"));
        var (json, folder) = (Path.Combine(data, "coco128", "instances_train2017.json"), Path.Combine(data, "coco128", "train2017"));
        var train = _ml.Data.LoadFromCoco(json, folder, new() { Labels = labels.Seen, Without = labels.Unseen });
        var test = _ml.Data.LoadFromCoco(json, folder, new() { Labels = labels.All });
        using var model = TinyWorld.Fit(_ml, new() { Labels = labels, Clip = world.Clip, Epochs = 2 }, train);

        // Score in the order of the file names, as the other process does.
        var photos = _ml.Data.LoadImagesFromFolder(folder);
        var expected = TinyWorld.Scores(model.Transform(photos)).Select(FusionMultiLabelTransformerTests.Bits).ToList();
        using var engine = _ml.Model.CreatePredictionEngine<FusionMultiLabelTransformerTests.Photo, FusionMultiLabelTransformerTests.Tags>(model, new PredictionEngineOptions { OwnsTransformer = false });
        foreach (var path in photos.GetColumn<string>("ImagePath"))
        {
            using var image = MLImage.CreateFromFile(path);
            expected.Add(FusionMultiLabelTransformerTests.Bits(engine.Predict(new() { Image = image }).Score));
        }

        var scored = model.Transform(test);
        Console.WriteLine($"{train.GetRowCount()} photos to learn from, {test.GetRowCount()} to score.");
        Console.WriteLine($"Zero-shot: {_ml.MultiLabelClassification.Evaluate(scored, labels.Unseen)}");
        Console.WriteLine($"Generalised: {_ml.MultiLabelClassification.Evaluate(scored)}");
        var zip = world.Folder["coco.zip"];
        _ml.Model.Save(model, train.Schema, zip);

        var lines = FusionMultiLabelTransformerTests.RunLoader(zip, folder);

        Assert.HasCount(256, lines);
        CollectionAssert.AreEqual(expected, lines.Select(l => string.Join(' ', l.Split(' ')[1..(labels.Count + 1)])).ToList());
    }
}
