using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

public sealed partial class FusionClassifier
{
    /// <summary>Gets or sets the views of an image that <see cref="Score"/> joins; <see langword="null"/> (default) for the whole image alone. Saved with the classifier.</summary>
    /// <exception cref="ArgumentOutOfRangeException">On setting: an option is out of its range.</exception>
    public ImageViews? Views
    {
        get;
        set
        {
            value?.Validate(nameof(Views));
            field = value;
        }
    }

    /// <summary>Gets the side of square images that <see cref="Score"/> need not enlarge, crops of them included.</summary>
    internal int ReadSize => Views?.ReadSize(InputSize) ?? InputSize;

    /// <summary>Probabilities of all labels, calibrated where there is a <see cref="Calibration"/>. The text features are computed on the first call and kept until <see cref="ForgetTextFeatures"/>.</summary>
    /// <param name="images">RGB pixels of any size [B, 3, H, W]: Byte, or floating point from 0 to 1.</param>
    /// <returns>Float32 [B, C] on the CPU.</returns>
    /// <exception cref="DeviceMemoryException">The memory does not suffice for the batch, nor for half of it.</exception>
    public Tensor Score(Tensor images) => OfPairs(images, pairs => Calibration is { } calibration
        ? calibration.Probabilities(Differences(pairs))
        : softmax(pairs, 1)[.., 1]);

    /// <summary>The logit differences z⁺ − z⁻ of all labels, which scores are made of.</summary>
    /// <param name="images">As for <see cref="Score(Tensor)"/>.</param>
    /// <returns>Float32 [B, C] on the CPU.</returns>
    internal Tensor LogitDifferences(Tensor images) => OfPairs(images, Differences);

    private static Tensor Differences(Tensor pairs) => pairs[.., 1] - pairs[.., 0];

    /// <summary>What is made of the pair logits [B, 2, C] of images, on the CPU.</summary>
    private Tensor OfPairs(Tensor images, Func<Tensor, Tensor> read)
    {
        using var use = Lifetime.Enter();
        using var inference = inference_mode();
        using var texts = Texts();
        return RowParts.Run(images, image_encoder.ImagesAtATime(InputSize), part => DeviceMemory.InHalves(part, Read, "images", "Choose smaller scoring batches, or bfloat16 where the device has it."));

        Tensor Read(Tensor rows)
        {
            using var scope = NewDisposeScope();
            var pixels = HostBatch.To(rows, Device);
            return read(Views is null ? Pairs(pixels) : Joined(pixels, Views)).cpu().MoveToOuterDisposeScope();
        }

        Tensor Pairs(Tensor pixels)
        {
            using var scope = NewDisposeScope();
            return Logits(Preprocessor.Preprocess(pixels), texts.Value).to(ScalarType.Float32).MoveToOuterDisposeScope();
        }

        // One view after the other takes no more memory than one.
        Tensor Joined(Tensor pixels, ImageViews views)
        {
            var present = views.Joined([.. views.Of(pixels).Select(view => Differences(Pairs(view)))]);
            return stack([zeros_like(present), present], 1);
        }
    }

    /// <summary>Drops the kept text features; to be called when the contexts have changed.</summary>
    public void ForgetTextFeatures() => _texts.Forget();

    private KeptValue<Tensor>.Loan Texts() => _texts.Use(() => TextFeatures().DetachFromDisposeScope());

    /// <inheritdoc/>
    protected override void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
    {
        base._toEpilog(dtype, device, non_blocking);
        _frozen.Forget();

        // Not computed again: a classifier that was stored without its text tower has no others.
        _texts.Change(t => t.to(dtype ?? t.dtype, device ?? t.device).DetachFromDisposeScope());
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Lifetime.Dispose();
        }
    }

    private void Free()
    {
        _texts.Dispose();
        _frozen.Dispose();
        image_encoder.Free();
        prompt_learner?.Free();
        _text?.Release();
        ModuleLifetime.FreeNative(this);
    }
}
