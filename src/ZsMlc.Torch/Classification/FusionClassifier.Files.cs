using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

public sealed partial class FusionClassifier
{
    private ScalarType _storage = ScalarType.Float32;
    private ClipTokenizer? _tokenizer;

    // Holds the text tower for as long as a classifier uses it; null where its CLIP model is the caller's.
    private SharedResource? _text;

    /// <summary>
    /// Ends the training: computes the text features and rounds them and all weights to the type that they will be stored
    /// in, so that the classifier scores the same before and after it is saved.
    /// </summary>
    /// <param name="storage">Element type of the stored weights: Float16 (default), BFloat16 or Float32.</param>
    /// <param name="textEncoder">
    /// Whether the text tower is rounded too, as befits a classifier that is stored with it: then other labels
    /// (<see cref="WithLabels"/>) too score the same before and after. The tower is that of the CLIP model. Default false.
    /// </param>
    public void Complete(ScalarType storage = ScalarType.Float16, bool textEncoder = false)
    {
        using var use = Lifetime.Enter();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        ForgetTextFeatures();
        foreach (var (name, tensor) in StoredState(textEncoder))
        {
            tensor.copy_(tensor.to(storage));
        }

        _frozen.Forget();
        _storage = storage;
        _texts.Set(StoredTextFeatures());
    }

    /// <summary>Writes the classifier to a stream that <see cref="Load(Stream, Device?)"/> reads; the stream stays open.</summary>
    /// <param name="stream">A writable stream.</param>
    /// <param name="includeTextEncoder">Whether the text tower is written too, so that the loaded classifier can take other labels.</param>
    /// <exception cref="InvalidOperationException">The text tower is asked for, but this classifier has none.</exception>
    public void Save(Stream stream, bool includeTextEncoder = false) => Save(stream, includeTextEncoder, checksum: true);

    /// <summary>Writes the classifier with or, as version 0.1.0 did, without a checksum.</summary>
    internal void Save(Stream stream, bool includeTextEncoder, bool checksum)
    {
        if (includeTextEncoder && text_encoder is null)
        {
            throw new InvalidOperationException("This classifier was stored without its text tower, so it cannot be stored with it.");
        }

        using var use = Lifetime.Enter();
        using var texts = Texts();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Dictionary<string, string> metadata = new() { ["format"] = "pt" };
        new FusionDescription(Labels, Options, Vision, EmbedDim, text_encoder?.Config, QuickGelu, Calibration, Views).Write(metadata);
        if (includeTextEncoder)
        {
            StoredTokenizer.Write(metadata, _tokenizer!);
        }

        var tensors = StoredState(includeTextEncoder).Select(s => KeyValuePair.Create(s.Key, s.Value.to(_storage)))
            .Append(KeyValuePair.Create(FusionDescription.TextFeatures, texts.Value.to(_storage)));
        SafetensorsWriter.Write(stream, tensors, metadata, checksum);
    }

    /// <summary>Reads a classifier from a stream.</summary>
    /// <param name="stream">A readable stream at the start of what <see cref="Save(Stream, bool)"/> wrote.</param>
    /// <param name="device">Device; by default the CPU.</param>
    /// <exception cref="CheckpointFormatException">The stream is damaged, holds something else, or describes another classifier than its tensors are those of.</exception>
    public static FusionClassifier Load(Stream stream, Device? device = null)
    {
        TorchRuntime.EnsureLoaded();
        using var file = SafetensorsStream.Read(stream, "the stored classifier");
        try
        {
            return Load(file, device ?? CPU);
        }
        catch (ArgumentException e)
        {
            throw new CheckpointFormatException(file.Source, $"no classifier is as it is described: {e.Message}", e);
        }
    }

    private static FusionClassifier Load(SafetensorsStream file, Device device)
    {
        var (d, tokenizer) = FusionDescription.Read(file);
        using var unfilled = Layers.Unfilled();
        var images = Tower(d.Vision, d.EmbedDim, d.QuickGelu, d.Options);
        if (d.Text is null)
        {
            KeepAsStored(images, file.Info(FusionDescription.TextFeatures).DType);
        }

        TextTransformer? text = null;
        PromptLearner? prompts = null;
        if (d.Text is { } config)
        {
            text = new TextTransformer(config, d.EmbedDim, d.QuickGelu);
            CheckpointLoader.LoadInto(text, file, n => n.StartsWith(FusionDescription.TextPrefix, StringComparison.Ordinal) ? n[FusionDescription.TextPrefix.Length..] : null);
            prompts = new PromptLearner(text, tokenizer!, d.Labels, d.Options.ContextTokens, d.Options.LabelSpecificContext);
        }

        var classifier = new FusionClassifier(d.Options, d.Labels, images, text, prompts);
        try
        {
            CheckpointLoader.LoadInto(classifier, file, n => n == FusionDescription.TextFeatures || (prompts is null && n.StartsWith(FusionDescription.PromptPrefix, StringComparison.Ordinal)) ? null : n);
            using var stored = file.Read(FusionDescription.TextFeatures);
            classifier._storage = stored.dtype;
            classifier._tokenizer = tokenizer;
            classifier._text = text is null ? null : new(text.Free);
            classifier.QuickGelu = d.QuickGelu;
            classifier.Calibration = d.Calibration;
            classifier.Views = d.Views;
            classifier.to(device);
            classifier._texts.Set(stored.to(ScalarType.Float32).to(device).DetachFromDisposeScope());
            classifier.Freeze();
            return classifier.KeepAlive();
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }

    /// <summary>Takes a CLIP model over, whose text tower is used: it is freed with the last classifier that uses it.</summary>
    internal void Own(ClipModel clip) => _text = new(clip.Dispose);

    /// <summary>
    /// A classifier of other labels that uses what was learnt: the generic contexts and the image tower. It can outlive
    /// this one.
    /// </summary>
    /// <param name="labels">The new labels.</param>
    /// <exception cref="InvalidOperationException">The text tower is absent, or the contexts belong to the old labels.</exception>
    public FusionClassifier WithLabels(IReadOnlyList<string> labels)
    {
        using var use = Lifetime.Enter();
        if (text_encoder is null || prompt_learner is null || _tokenizer is null)
        {
            throw new InvalidOperationException("Other labels need the text tower, which this classifier was stored without. Store it with the text tower included.");
        }

        if (!prompt_learner.IsGeneric)
        {
            throw new InvalidOperationException("The learnt contexts belong to the labels they were learnt for. Train with LabelSpecificContext = false to take other labels.");
        }

        var classifier = Copy(labels);
        using var noGrad = no_grad();
        classifier._texts.Set(classifier.StoredTextFeatures());
        return classifier.KeepAlive();
    }

    /// <summary>A classifier of the same weights that scores other views of the images; it can outlive this one.</summary>
    /// <param name="views">The views, or <see langword="null"/> for the whole image alone.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public FusionClassifier WithViews(ImageViews? views)
    {
        using var use = Lifetime.Enter();
        views?.Validate(nameof(views));
        var classifier = Copy(Labels);
        classifier.Views = views;
        using var texts = Texts();
        classifier._texts.Set(texts.Value.clone().DetachFromDisposeScope());
        return classifier.KeepAlive();
    }

    /// <summary>A copy with an image tower of its own, for labels whose text features it has yet to be given.</summary>
    private FusionClassifier Copy(IReadOnlyList<string> labels)
    {
        using var noGrad = no_grad();
        using var unfilled = Layers.Unfilled();
        var images = Tower(Vision, EmbedDim, QuickGelu, Options);
        if (text_encoder is null)
        {
            KeepAsStored(images, _storage);
        }

        images.to(Device);
        images.load_state_dict(image_encoder.state_dict());
        PromptLearner? prompts = null;
        if (text_encoder is not null && prompt_learner is not null && _tokenizer is not null)
        {
            prompts = new PromptLearner(text_encoder, _tokenizer, labels, Options.ContextTokens, Options.LabelSpecificContext);
            prompts.to(Device);
            prompts.ctx_pos.copy_(prompt_learner.ctx_pos);
            prompts.ctx_neg.copy_(prompt_learner.ctx_neg);
        }

        var classifier = new FusionClassifier(Options, labels, images, text_encoder, prompts)
        {
            _text = _text?.Hold(),
            _tokenizer = _tokenizer,
            _storage = _storage,
            QuickGelu = QuickGelu,
            ComputeType = ComputeType,
            Calibration = Calibration?.For(Labels, labels),
            Views = Views,
        };
        classifier.Freeze();
        return classifier;
    }

    /// <summary>
    /// Weights that are only read to be made fast stay in the type they are stored in, which takes half the memory. What
    /// stays live, the branches, is computed with as it is.
    /// </summary>
    private static void KeepAsStored(ImageTower images, ScalarType storage)
    {
        foreach (var (name, module) in images.named_modules())
        {
            if (module is Conv2d or Linear or SelfAttention && !name.Contains(".global_branch.", StringComparison.Ordinal))
            {
                module.to(storage);
            }
        }
    }

    /// <summary>The text features as a file holds them, so that scores do not change when the classifier is saved.</summary>
    private Tensor StoredTextFeatures()
    {
        using var scope = NewDisposeScope();
        var texts = TextFeatures();
        return texts.to(_storage).to(texts.dtype).DetachFromDisposeScope();
    }

    private int EmbedDim => image_encoder.EmbedDim;

    private bool QuickGelu { get; set; } = true;

    private IEnumerable<KeyValuePair<string, Tensor>> StoredState(bool includeText) => state_dict()
        .Where(s => !s.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
        .Where(s => includeText || !s.Key.StartsWith(FusionDescription.TextPrefix, StringComparison.Ordinal));
}
