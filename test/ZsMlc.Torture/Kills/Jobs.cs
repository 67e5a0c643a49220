using System.Security.Cryptography;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Models;
using ZsMlc.MLNet.SyntheticData;

namespace ZsMlc.Torture.Kills;

/// <summary>Real runs on tiny networks, which go on after an interruption and must end in the same bits.</summary>
internal static class Jobs
{
    /// <summary>Name of the folder of networks, beside the folders of jobs.</summary>
    public const string Models = "models";

    /// <summary>Name of a job's checkpoint and model.</summary>
    public const string Checkpoint = "training.safetensors", Tagger = "tagger.zip";

    /// <summary>Writes the networks, and beside them a saved chain with every kind of stream.</summary>
    public static void Prepare(string folder)
    {
        var ml = new MLContext(7);
        var model = SmallChain.Fit(ml, Directory.CreateDirectory(Path.Combine(folder, Models)).FullName);
        ml.MultiLabelClassification.Save(model, SmallChain.Photos.Schema, Path.Combine(folder, Models, Tagger));
    }

    /// <summary>Trains with a checkpoint after every epoch and saves the model.</summary>
    /// <param name="folder">Folder of the job; networks are beside it.</param>
    /// <param name="epochs">Number of epochs.</param>
    /// <returns>A hash of all scores.</returns>
    public static string Train(string folder, int epochs = 40)
    {
        Directory.CreateDirectory(folder);
        var ml = new MLContext(7);
        using var model = ml.MultiLabelClassification.Trainers.FusionMultiLabel(new FusionMultiLabelOptions
        {
            Labels = SmallChain.Labels,
            Clip = Beside(folder, "clip"),
            Network = new() { ContextTokens = 4 },
            Training = new() { Epochs = epochs, BatchSize = 2, Seed = 3, CheckpointPath = Path.Combine(folder, Checkpoint) },
            Seed = 3,
        }).Fit(SmallChain.Photos);
        ml.MultiLabelClassification.Save(model, SmallChain.Photos.Schema, Path.Combine(folder, Tagger));
        using var loaded = ml.MultiLabelClassification.Load(Path.Combine(folder, Tagger));
        return $"{Scores(model)} {Scores(loaded)}";
    }

    /// <summary>Tunes a text encoder, generates into a store and judges.</summary>
    /// <param name="folder">Folder of the job; networks are beside it.</param>
    /// <returns>A hash of the store.</returns>
    public static string Generate(string folder)
    {
        var store = Path.Combine(folder, "store");
        using var fitted = new MLContext(7).Transforms.SyntheticUnseenData(new SyntheticUnseenDataOptions
        {
            Labels = SmallChain.Labels,
            Diffusion = Beside(folder, "diffusion"),
            StorePath = store,
            ImagesPerLabel = 12,
            LabelsPerImage = 1,
            NegativePrompt = "",
            Sampling = new() { Steps = 2, GuidanceScale = 1, BatchSize = 2 },
            AcceptanceFilter = new() { Clip = Beside(folder, "clip"), Threshold = 0.4f, MaxAttempts = 3 },
            Tuning = new() { Iterations = 8, BatchSize = 1, CheckpointInterval = 1, Sampling = new() { Steps = 2, GuidanceScale = 1 } },
            TuningClip = Beside(folder, "clip"),
            Seed = 11,
        }).Fit(SmallChain.Photos);
        return Files(store);
    }

    /// <summary>A hash of the bits of all scores of the model.</summary>
    public static string Scores(ITransformer model) =>
        Hash(Encoding.ASCII.GetBytes(string.Join(' ', model.Transform(SmallChain.Photos).GetColumn<float[]>("Score").SelectMany(s => s).Select(s => BitConverter.SingleToUInt32Bits(s).ToString("x8")))));

    /// <summary>A hash of all files of a folder but those that a killed process may leave.</summary>
    public static string Files(string folder) => Hash(Encoding.UTF8.GetBytes(string.Join('\n', Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(f => !f.EndsWith(".tmp", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        .Select(f => $"{Path.GetRelativePath(folder, f)} {Hash(File.ReadAllBytes(f))}"))));

    private static string Beside(string folder, string name) => Path.Combine(Path.GetDirectoryName(folder)!, Models, name);

    private static string Hash(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes))[..16];
}
