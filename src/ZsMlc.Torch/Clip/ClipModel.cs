using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Hub;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>CLIP: an image tower and a text tower that share an embedding.</summary>
public sealed partial class ClipModel : nn.Module<Tensor, Tensor, Tensor>
{
    internal readonly ImageTower visual;
    internal readonly TextTransformer text;
    internal readonly Parameter logit_scale;
    private readonly SharedLifetime _lifetime;

    /// <summary>Creates a model with random weights, in training mode, on the CPU.</summary>
    /// <param name="config">The sizes.</param>
    /// <param name="tokenizer">The tokenizer; by default CLIP's own.</param>
    /// <exception cref="ArgumentException">No network can have these sizes; the message names the one at fault.</exception>
    public ClipModel(ClipConfig config, ClipTokenizer? tokenizer = null)
        : base(nameof(ClipModel))
    {
        TorchRuntime.EnsureLoaded();
        ArgumentNullException.ThrowIfNull(config);
        config.Check();
        Config = config;
        Tokenizer = tokenizer ?? ClipTokenizer.Default;
        using var scope = NewDisposeScope();
        visual = ImageTower.Create(config.Vision, config.EmbedDim, config.QuickGelu);
        text = new(config.Text, config.EmbedDim, config.QuickGelu);

        // The initial temperature of OpenAI's training, 0.07.
        logit_scale = Layers.Constant(Math.Log(1 / 0.07));
        _lifetime = new(nameof(ClipModel), Free);
        RegisterComponents();
        this.KeepAlive();
    }

    /// <summary>Gets the sizes.</summary>
    public ClipConfig Config { get; }

    /// <summary>Gets the tokenizer that belongs to the text tower.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>Gets the image tower: a <see cref="ModifiedResNet"/> or a <see cref="VisionTransformer"/>.</summary>
    public ImageTower Visual => visual;

    /// <summary>Gets the text tower.</summary>
    public TextTransformer Text => text;

    /// <summary>Gets the logarithm of the factor τ between cosine and logit, a scalar parameter.</summary>
    public Tensor LogitScale => logit_scale;

    /// <summary>Gets the preprocessing that the image tower expects.</summary>
    public ClipPreprocessor Preprocessor => new(Config.Vision.ImageSize, Config.Vision.Pixels);

    /// <summary>
    /// Loads a model, in evaluation mode and without gradients for its weights.
    /// </summary>
    /// <param name="path">OpenAI's TorchScript archive (<c>RN50.pt</c>), an open_clip safetensors file or folder, a Hugging Face folder, or a cached model's name such as <c>openai/clip-vit-base-patch32</c> (<see cref="ModelHub"/>).</param>
    /// <param name="device">Device; by default the CPU.</param>
    /// <param name="dtype">Element type of the weights; by default Float32.</param>
    /// <param name="config">
    /// Sizes, where they cannot be told from the files. Without a configuration file, heads are taken to be 64 wide, and
    /// the activation to be OpenAI's in a TorchScript archive and in a safetensors file with OpenAI's scalars
    /// (<c>input_resolution</c>, <c>context_length</c>, <c>vocab_size</c>), and the exact GELU in any other safetensors file.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no checkpoint at the path.</exception>
    /// <exception cref="CheckpointFormatException">A file is damaged or of another format.</exception>
    /// <exception cref="CheckpointMismatchException">The tensors are not those of a CLIP model of these sizes.</exception>
    public static ClipModel FromPretrained(string path, Device? device = null, ScalarType dtype = ScalarType.Float32, ClipConfig? config = null)
    {
        TorchRuntime.EnsureLoaded();
        using var source = ClipCheckpoint.Open(path, config);
        return Load(source, device, dtype);
    }

    /// <summary>Gets or sets the element type of the image tower's weights, which its pixels must have; the text tower keeps its own.</summary>
    public ScalarType ImageType
    {
        get => visual.DType;
        set => visual.to(value).KeepAlive();
    }

    /// <summary>Pooled image features.</summary>
    /// <param name="images">Normalised pixels [B, 3, H, W].</param>
    /// <returns>[B, E], not normalised.</returns>
    public Tensor EncodeImage(Tensor images)
    {
        using var use = _lifetime.Enter();
        return Visual.Encode(images);
    }

    /// <summary>Pooled image features by a fast form of the image tower.</summary>
    internal Tensor EncodeImage(Tensor images, IFrozenTower frozen)
    {
        using var use = _lifetime.Enter();
        return frozen.Encode(images);
    }

    /// <summary>Text features.</summary>
    /// <param name="ids">Token ids [N, L], Int64.</param>
    /// <returns>[N, E], not normalised.</returns>
    public Tensor EncodeText(Tensor ids)
    {
        using var use = _lifetime.Enter();
        return text.forward(ids);
    }

    /// <summary>Tokenizes and encodes texts.</summary>
    /// <param name="texts">N texts; longer ones are cut.</param>
    /// <returns>[N, E], not normalised, on the model's device.</returns>
    /// <exception cref="InvalidOperationException">The tokenizer is not the model's: its ids go beyond the vocabulary.</exception>
    public Tensor EncodeText(IReadOnlyList<string> texts)
    {
        if (TokenIds.Misfit(Tokenizer, Config.Text.VocabSize) is { } misfit)
        {
            throw new InvalidOperationException($"{misfit} Put the model's own vocab.json and merges.txt beside its weights.");
        }

        using var use = _lifetime.Enter();
        using var scope = NewDisposeScope();
        var ids = Tokenizer.Tokenize(texts, Config.Text.ContextLength).to(logit_scale.device);
        return EncodeText(ids).MoveToOuterDisposeScope();
    }

    /// <summary>Logits of every image with every text: exp(logit_scale) · cosine.</summary>
    /// <param name="images">Normalised pixels [B, 3, H, W].</param>
    /// <param name="ids">Token ids [N, L], Int64.</param>
    /// <returns>[B, N].</returns>
    public override Tensor forward(Tensor images, Tensor ids)
    {
        using var use = _lifetime.Enter();
        using var scope = NewDisposeScope();
        var i = nn.functional.normalize(EncodeImage(images), dim: -1);
        var t = nn.functional.normalize(EncodeText(ids), dim: -1);
        return (logit_scale.exp() * i.matmul(t.t())).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _lifetime.Dispose();
        }
    }

    private void Free()
    {
        visual.Free();
        text.Free();
        base.Dispose(true);
    }

    /// <summary>Writes the model as a folder that <see cref="FromPretrained"/> reads: weights, tokenizer files and, last, the configuration.</summary>
    /// <param name="folder">Target folder, created if need be; a model of the same layout in it is replaced.</param>
    /// <param name="dtype">Element type of the stored floating-point weights; by default half precision.</param>
    /// <param name="layout">The layout; Hugging Face's knows vision transformers only.</param>
    /// <exception cref="ArgumentException">A ResNet is to be written in Hugging Face's layout.</exception>
    /// <exception cref="IOException">The folder holds a model of the other layout, or a file cannot be written.</exception>
    public void Save(string folder, ScalarType dtype = ScalarType.Float16, ClipFolderLayout layout = ClipFolderLayout.OpenClip)
    {
        var huggingFace = layout == ClipFolderLayout.HuggingFace;
        if (huggingFace && Config.Vision.ResNetLayers is not null)
        {
            throw new ArgumentException("Hugging Face's CLIP has no ResNet; save this model in open_clip's layout.", nameof(layout));
        }

        using var use = _lifetime.Enter();
        ClipFolder.CheckLayout(folder, layout);
        Directory.CreateDirectory(folder);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var tensors = StoredTensors(dtype);
        SafetensorsWriter.Write(
            Path.Combine(folder, huggingFace ? ClipFolder.HuggingFaceWeightsFile : ClipFolder.OpenClipWeightsFile),
            huggingFace ? HuggingFaceClipWriter.Convert(tensors) : tensors,
            new Dictionary<string, string> { ["format"] = "pt" });
        Tokenizer.Save(folder);
        ClipFolder.WriteConfig(folder, Config, layout, Tokenizer);
    }
}
