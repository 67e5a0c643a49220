using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Diffusion.Blocks;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Unet;

/// <summary>Self- or cross-attention of the UNet's transformers.</summary>
internal sealed class Attention : nn.Module<Tensor, Tensor?, Tensor, Tensor>
{
    private readonly int _heads;
    internal readonly Linear to_q;
    internal readonly Linear to_k;
    internal readonly Linear to_v;
    internal readonly ModuleList<Linear> to_out;

    public Attention(int width, int contextWidth, int heads)
        : base(nameof(Attention))
    {
        _heads = heads;
        to_q = Layers.Linear(width, width, hasBias: false);
        to_k = Layers.Linear(contextWidth, width, hasBias: false);
        to_v = Layers.Linear(contextWidth, width, hasBias: false);
        to_out = nn.ModuleList(Layers.Linear(width, width));
        RegisterComponents();
    }

    /// <summary>Gets or sets how many heads are computed at a time; 0 for all. Fewer heads need less memory; all are computed where no head's scores are held.</summary>
    public int Slice { get; set; }

    /// <summary>Attention of <paramref name="x"/>, plus <paramref name="residual"/>.</summary>
    /// <param name="x">[B, positions, width].</param>
    /// <param name="context">What is attended to [B, L, contextWidth]; null for <paramref name="x"/> itself.</param>
    /// <param name="residual">[B, positions, width].</param>
    public override Tensor forward(Tensor x, Tensor? context, Tensor residual)
    {
        using var scope = NewDisposeScope();
        var parts = context is null ? FusedLayers.Together(x, to_q, to_k, to_v) : [to_q.Of(x), Keys(to_k, context), Keys(to_v, context)];
        var attended = RunCache.IsOpen ? FlashAttention.Forward(parts[0], parts[1], parts[2], _heads) : null;
        return to_out[0].Plus(attended ?? Attended(parts), residual).MoveToOuterDisposeScope();
    }

    private Tensor Attended(Tensor[] parts)
    {
        var (q, k, v) = (Heads(parts[0]), Heads(parts[1]), Heads(parts[2]));
        if (q.dtype == ScalarType.BFloat16 && q.device_type == DeviceType.CPU && is_grad_enabled())
        {
            // libtorch's fused attention has no fast bfloat16 backward on CPUs: float32 takes a seventh of its time.
            (q, k, v) = (q.to(ScalarType.Float32), k.to(ScalarType.Float32), v.to(ScalarType.Float32));
        }

        var attended = Slice <= 0 || Slice >= _heads
            ? nn.functional.scaled_dot_product_attention(q, k, v)
            : cat(Enumerable.Range(0, (_heads + Slice - 1) / Slice).Select(i => Part(q, k, v, i * Slice)).ToArray(), 1);
        return attended.to(parts[0].dtype).transpose(1, 2).reshape(parts[0].shape);
    }

    private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], _heads, -1).transpose(1, 2);

    /// <summary>Keys or values of the text: they are the same at every step of a run; on a GPU their memory is worth more than the products.</summary>
    private static Tensor Keys(Linear layer, Tensor context) =>
        (context.device_type == DeviceType.CPU ? RunCache.Of(layer, "keys", context, () => layer.forward(context)) : null) ?? layer.forward(context);

    private Tensor Part(Tensor q, Tensor k, Tensor v, int start)
    {
        var count = Math.Min(Slice, _heads - start);
        return nn.functional.scaled_dot_product_attention(q.narrow(1, start, count), k.narrow(1, start, count), v.narrow(1, start, count));
    }
}
