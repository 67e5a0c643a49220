using Microsoft.ML;
using TorchSharp;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.Samples.Tests.ZeroShotCoco;
using ZsMlc.Torch.Clip;

namespace ZsMlc.Samples.Tests;

/// <summary>A real model of next to no size, trained for a moment and saved; made once for all tests.</summary>
[TestClass]
public static class TinyTagger
{
    private static readonly TemporaryFolder s_folder = new();
    private static readonly Lazy<string> s_path = new(Train);

    public static string Path => s_path.Value;

    public static LabelSet Labels { get; } = LabelSet.Create(["car", "pizza"], ["dog", "cup"]);

    /// <summary>Saves a CLIP of random weights.</summary>
    public static void SaveClip(string folder)
    {
        torch.random.manual_seed(1);
        using var clip = new ClipModel(new ClipConfig(32, ClipVisionConfig.ResNet(32, 8, [1, 1, 1, 1], heads: 4), new ClipTextConfig(77, 49408, 32, 2, 1)));
        clip.Save(folder);
    }

    [AssemblyCleanup]
    public static void Remove() => s_folder.Dispose();

    private static string Train()
    {
        SaveClip(s_folder["clip"]);
        var photos = CocoLayout.Draw(s_folder.Path);
        var ml = new MLContext(seed: 3);
        var seen = ml.Data.LoadFromCoco(photos.Annotations, photos.Images, new() { Labels = Labels.Seen, SkipUnlabelled = true });
        using var model = ml.MultiLabelClassification.Trainers.FusionMultiLabel(
            new FusionMultiLabelOptions { Labels = Labels, Clip = s_folder["clip"], Epochs = 1, BatchSize = 4 }).Fit(seen);
        ml.Model.Save(model, seen.Schema, s_folder["tagger.zip"]);
        return s_folder["tagger.zip"];
    }
}
