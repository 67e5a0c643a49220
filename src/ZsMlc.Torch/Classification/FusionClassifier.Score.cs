using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

public sealed partial class FusionClassifier
{
    /// <summary>Probabilities of all labels. The text features are computed on the first call and kept until <see cref="ForgetTextFeatures"/>.</summary>
    /// <param name="images">RGB pixels of any size [B, 3, H, W]: Byte, or floating point from 0 to 1.</param>
    /// <returns>Float32 [B, C] on the CPU.</returns>
    /// <exception cref="DeviceMemoryException">The memory does not suffice for the batch, nor for half of it.</exception>
    public Tensor Score(Tensor images)
    {
        using var use = Lifetime.Enter();
        using var inference = inference_mode();
        using var texts = Texts();
        return DeviceMemory.InHalves(images, rows => Score(rows, texts.Value), "images", "Choose smaller scoring batches or bfloat16.");
    }

    private Tensor Score(Tensor images, Tensor texts)
    {
        using var scope = NewDisposeScope();
        var pixels = Preprocessor.Preprocess(HostBatch.To(images, Device));
        return softmax(Logits(pixels, texts).to(ScalarType.Float32), 1)[.., 1].cpu().MoveToOuterDisposeScope();
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
        image_encoder.Dispose();
        prompt_learner?.Dispose();
        _text?.Release();
    }
}
