using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using Microsoft.ML;
using OpenAI;
using OpenAI.Images;
using ZsMlc.MLNet.Interop;
using ZsMlc.MLNet.SyntheticData.Services;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>A job whose images an OpenAI-compatible service paints and a CLIP judges; a test compares its store byte for byte.</summary>
internal static class ServiceJob
{
    public static LabelSet Labels { get; } = LabelSet.Create(["red"], ["yellow", "white", "purple"]);

    /// <summary>The OpenAI client as a user makes it, but for its own tries.</summary>
    public static IImageGenerator Client(Uri endpoint, int retries = 0) =>
        new ImageClient("painter-1", new ApiKeyCredential("key"), new OpenAIClientOptions { Endpoint = endpoint, RetryPolicy = new ClientRetryPolicy(retries) }).AsIImageGenerator();

    public static SyntheticUnseenDataOptions Options(string store, Uri endpoint, string? clip, ImageServiceOptions? service = null) => new()
    {
        Labels = Labels,
        Images = ImageSource.Generator(Client(endpoint), service ?? Service),
        StorePath = store,
        ImagesPerLabel = 6,
        AcceptanceFilter = clip is null ? null : new() { Clip = clip, MaxAttempts = 4 },
        KeepRejected = true,
        Seed = 11,
    };

    public static ImageServiceOptions Service { get; } = new()
    {
        Side = 32, StoredSide = 16, MaxConcurrency = 3, MaxTries = 6, FirstDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromSeconds(2), Timeout = TimeSpan.FromSeconds(2),
    };

    /// <summary>Fills the store as far as it is not filled.</summary>
    public static string Run(string store, Uri endpoint, string clip, Action<int> recorded)
    {
        using var fitted = Fit(Options(store, endpoint, clip) with { Progress = new Told(p => recorded(p.Generated)) });
        return fitted.Statistics.ToString();
    }

    public static SyntheticUnseenDataTransformer Fit(SyntheticUnseenDataOptions options, MLContext? ml = null) =>
        (ml ?? new()).Transforms.SyntheticUnseenData(options).Fit(Photos());

    private static IDataView Photos() => new IndexedDataView(1,
    [
        new("Image", new Microsoft.ML.Transforms.Image.ImageDataViewType(), _ => (ValueGetter<Microsoft.ML.Data.MLImage>)((ref Microsoft.ML.Data.MLImage _) => throw new InvalidOperationException("No photo is read."))),
        IndexedColumn.Texts("Labels", _ => ["red"]),
    ]);

    private sealed class Told(Action<GenerationProgress> told) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value)
        {
            if (value is { Phase: GenerationPhase.Images, Generated: > 0 })
            {
                told(value);
            }
        }
    }
}
