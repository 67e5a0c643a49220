using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using TorchSharp;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Tests.Diffusion;
using static TorchSharp.torch;

namespace ZsMlc.MLNet;

/// <summary>A random CLIP of next to no size and pictures of coloured halves, all in a temporary folder.</summary>
internal sealed class TinyWorld : IDisposable
{
    private static readonly (string Name, (byte, byte, byte) Colour)[] s_colours =
        [("red", (220, 30, 30)), ("green", (30, 200, 40)), ("blue", (20, 40, 230)), ("yellow", (230, 220, 20)), ("white", (250, 250, 250))];

    public TinyWorld()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        var config = new ClipConfig(32, ClipVisionConfig.ResNet(64, 16, [1, 1, 1, 1]), new ClipTextConfig(32, 49408, 32, 2, 2));
        using var clip = new ClipModel(config);
        Liven(clip);
        clip.Save(Clip);
    }

    public TestFolder Folder { get; } = new();

    public string Clip => Folder["clip"];

    /// <summary>A random CLIP with a vision transformer, written when first asked for.</summary>
    public string ViT
    {
        get
        {
            var folder = Folder["vit"];
            if (!Directory.Exists(folder))
            {
                using var scope = NewDisposeScope();
                random.manual_seed(5);
                using var clip = new ClipModel(new ClipConfig(32, ClipVisionConfig.ViT(64, 64, 16, 2, heads: 2), new ClipTextConfig(32, 49408, 32, 2, 2)));
                Liven(clip);
                clip.Save(folder, layout: ClipFolderLayout.HuggingFace);
            }

            return folder;
        }
    }

    /// <summary>A random diffusion model of 16² pixels, written when first asked for.</summary>
    public string Diffusion => Written("diffusion", () => TinyPipeline.Create());

    /// <summary>The same in the layout of SDXL.</summary>
    public string DiffusionXL => Written("diffusion-xl", () => TinyPipeline.CreateXL());

    public static LabelSet Labels { get; } = LabelSet.Create(["red", "green", "blue"], ["yellow", "white"]);

    public FusionMultiLabelOptions Options => new() { Labels = Labels, Clip = Clip, Epochs = 1, BatchSize = 8 };

    public static FusionMultiLabelTransformer Fit(MLContext ml, FusionMultiLabelOptions options, IDataView data) =>
        ml.MultiLabelClassification.Trainers.FusionMultiLabel(options).Fit(data);

    /// <summary>Writes pictures and a COCO file of them: picture i has the colours i and i + 1 of the seen ones, left and right.</summary>
    public IDataView Photos(MLContext ml, int count, int colours = 3)
    {
        var folder = Directory.CreateDirectory(Folder["photos"]).FullName;
        List<string> images = [], annotations = [];
        for (var i = 0; i < count; i++)
        {
            var (left, right) = (i % colours, (i + 1) % colours);
            TestPictures.Draw(Path.Combine(folder, $"{i:d3}.png"), 40 + i, 50, (x, _) => x < 20 ? s_colours[left].Colour : s_colours[right].Colour);
            images.Add($$"""{"id":{{i}},"file_name":"{{i:d3}}.png"}""");
            annotations.AddRange(new[] { left, right }.Select(c => $$"""{"id":{{annotations.Count}},"image_id":{{i}},"category_id":{{c}}}"""));
        }

        var categories = s_colours.Select((c, i) => $$"""{"id":{{i}},"name":"{{c.Name}}"}""");
        var json = Folder.Write("photos.json", $$"""{"images":[{{string.Join(',', images)}}],"annotations":[{{string.Join(',', annotations)}}],"categories":[{{string.Join(',', categories)}}]}""");
        return ml.Data.LoadFromCoco(json, folder);
    }

    /// <summary>Rows in memory with any further columns; every picture is grey.</summary>
    public static IDataView Rows(int count, params IndexedColumn[] columns) => new IndexedDataView(count,
    [
        new("Image", new ImageDataViewType(), row => (ValueGetter<MLImage>)((ref MLImage value) =>
        {
            value?.Dispose();
            value = MLImage.CreateFromPixels(2, 2, MLPixelFormat.Rgba32, Enumerable.Repeat((byte)(row.Index % 256), 16).ToArray());
        })),
        .. columns,
    ]);

    public static float[][] Scores(IDataView scored) => [.. scored.GetColumn<float[]>("Score")];

    public void Dispose() => Folder.Dispose();

    private string Written(string name, Func<StableDiffusionPipeline> create)
    {
        var folder = Folder[name];
        if (!Directory.Exists(folder))
        {
            using var scope = NewDisposeScope();
            using var pipeline = create();
            pipeline.Save(folder, ScalarType.Float32);
        }

        return folder;
    }

    // A fresh network says the same of every picture: its residual branches are zero, and its names weigh next to nothing.
    private static void Liven(ClipModel clip)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        foreach (var (name, parameter) in clip.named_parameters())
        {
            if (name.EndsWith("bn3.weight", StringComparison.Ordinal))
            {
                nn.init.ones_(parameter);
            }
            else if (name.EndsWith("token_embedding.weight", StringComparison.Ordinal))
            {
                parameter.mul_(50);
            }
        }

        var colours = stack([.. s_colours.Select(c => tensor([c.Colour.Item1 / 255f, c.Colour.Item2 / 255f, c.Colour.Item3 / 255f]))]);
        var halves = randint(s_colours.Length, [16, 2]);
        var pixels = colours[halves].permute(0, 2, 1).unsqueeze(2).repeat_interleave(64, 2).repeat_interleave(32, 3).contiguous();
        clip.train();
        for (var i = 0; i < 30; i++)
        {
            clip.EncodeImage(clip.Preprocessor.Normalize(pixels));
        }

        clip.eval();
    }
}
