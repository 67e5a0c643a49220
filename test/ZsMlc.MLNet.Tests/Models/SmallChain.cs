using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using TorchSharp;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Filtering;
using ZsMlc.MLNet.Interop;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Models;

/// <summary>
/// A whole chain whose model file has every stream that there is (prompts, a tuned text encoder, the filter's CLIP, the
/// classifier with its text tower) and is still small: the networks are a few channels wide and read single letters.
/// </summary>
internal static class SmallChain
{
    private static readonly byte[][] s_halves = [[250, 20, 30, 255, 240, 240, 240, 255], [20, 200, 40, 255, 30, 30, 220, 255], [0, 0, 0, 255, 250, 20, 30, 255], [240, 240, 240, 255, 20, 200, 40, 255]];

    public static LabelSet Labels { get; } = LabelSet.Create(["red", "green"], ["blue", "white"]);

    /// <summary>Four pictures of two halves.</summary>
    public static IDataView Photos { get; } = new IndexedDataView(4,
    [
        new("Image", new ImageDataViewType(), row => (ValueGetter<MLImage>)((ref MLImage value) =>
        {
            value?.Dispose();
            value = MLImage.CreateFromPixels(2, 1, MLPixelFormat.Rgba32, s_halves[row.Index]);
        })),
        IndexedColumn.Texts("Labels", i => [Labels.Seen[i % 2]]),
    ]);

    /// <summary>Fits the chain on random networks, which it writes into the folder.</summary>
    public static TransformerChain<FusionMultiLabelTransformer> Fit(MLContext ml, string folder)
    {
        var (clip, diffusion) = (Path.Combine(folder, "clip"), Path.Combine(folder, "diffusion"));
        SaveClip(clip);
        SaveDiffusion(diffusion);
        return ml.Transforms.SyntheticUnseenData(new SyntheticUnseenDataOptions
        {
            Labels = Labels,
            Diffusion = diffusion,
            StorePath = Path.Combine(folder, "store"),
            ImagesPerLabel = 2,
            LabelsPerImage = 1,
            NegativePrompt = "",
            Sampling = new() { Steps = 2, GuidanceScale = 1, BatchSize = 2 },
            Tuning = new() { Iterations = 1, BatchSize = 1, Sampling = new() { Steps = 2, GuidanceScale = 1 } },
            TuningClip = clip,
            Seed = 11,
        })
        .Append(ml.Transforms.ClipFilter(new ClipFilterOptions { Labels = Labels, Clip = clip, IncludeModel = true }))
        .Append(ml.MultiLabelClassification.Trainers.FusionMultiLabel(new FusionMultiLabelOptions
        {
            Labels = Labels,
            Clip = clip,
            Network = new() { ContextTokens = 4 },
            Epochs = 1,
            BatchSize = 4,
            IncludeTextEncoder = true,
        }))
        .Fit(Photos);
    }

    private static void SaveClip(string folder)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        random.manual_seed(5);
        var tokenizer = Letters();
        using var clip = new ClipModel(new(8, ClipVisionConfig.ResNet(32, 2, [1, 1, 1, 1], heads: 2), new(24, tokenizer.VocabularySize, 8, 2, 1)), tokenizer);
        foreach (var (name, parameter) in clip.named_parameters())
        {
            // A fresh network's residual branches are zero, and its tokens weigh next to nothing.
            if (name.EndsWith("bn3.weight", StringComparison.Ordinal))
            {
                nn.init.ones_(parameter);
            }
            else if (name.EndsWith("token_embedding.weight", StringComparison.Ordinal))
            {
                parameter.mul_(50);
            }
        }

        clip.Save(folder);
    }

    private static void SaveDiffusion(string folder)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(6);
        var tokenizer = Letters();
        using var pipeline = new StableDiffusionPipeline(
            new ClipTextEncoder(new() { VocabSize = tokenizer.VocabularySize, HiddenSize = 8, IntermediateSize = 8, NumHiddenLayers = 1, NumAttentionHeads = 2, MaxPositionEmbeddings = 16 }),
            new UNet2DConditionModel(new()
            {
                SampleSize = 8, BlockOutChannels = [8, 16], LayersPerBlock = 1, NormNumGroups = 4, CrossAttentionDim = 8, AttentionHeadDim = 2,
                DownBlockTypes = ["CrossAttnDownBlock2D", "DownBlock2D"], UpBlockTypes = ["UpBlock2D", "CrossAttnUpBlock2D"],
            }),
            new AutoencoderKL(new() { BlockOutChannels = [8, 8], LayersPerBlock = 1, NormNumGroups = 4 }),
            tokenizer,
            new SchedulerConfig { ClassName = "DDIMScheduler", StepsOffset = 1, SetAlphaToOne = false });
        pipeline.Save(folder, ScalarType.Float32);
    }

    // Single letters, alone and at the end of a word.
    private static ClipTokenizer Letters()
    {
        var bytes = Enumerable.Range('!', '~' - '!' + 1).Concat(Enumerable.Range('¡', '¬' - '¡' + 1)).Concat(Enumerable.Range('®', 'ÿ' - '®' + 1)).ToList();
        bytes.AddRange(Enumerable.Range(256, 256 - bytes.Count));
        string[] tokens = [.. bytes.Select(b => $"{(char)b}"), .. bytes.Select(b => $"{(char)b}</w>"), "<|startoftext|>", "<|endoftext|>"];
        return new(tokens.Select((t, i) => KeyValuePair.Create(t, i)).ToDictionary(), []);
    }
}
