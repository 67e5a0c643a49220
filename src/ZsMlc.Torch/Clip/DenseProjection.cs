using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// The frozen value and output projections of an <see cref="AttentionPool"/> as one layer, W = W_c·W_v and
/// b = W_c·b_v + b_c: a third of the work, since the embedding is narrower than the map.
/// </summary>
internal sealed class DenseProjection : IDisposable
{
    private readonly AttentionPool _pool;
    private readonly Tensor _weight, _bias;

    /// <summary>Joins the projections.</summary>
    /// <param name="pool">The pool; it must outlive this one.</param>
    /// <param name="dtype">Element type to compute in.</param>
    public DenseProjection(AttentionPool pool, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        _pool = pool;

        // One rounding at the end, also where the stored weights or the result are in half precision.
        var wide = dtype == ScalarType.Float64 ? dtype : ScalarType.Float32;
        var output = pool.c_proj.weight.detach().to(wide);
        _weight = output.matmul(pool.v_proj.weight.detach().to(wide)).to(dtype).DetachFromDisposeScope();
        _bias = (output.matmul(pool.v_proj.bias!.detach().to(wide)) + pool.c_proj.bias!.detach().to(wide)).to(dtype).DetachFromDisposeScope();
    }

    /// <summary>Features of every position of a map [B, C, H, W]: [B, 1 + H·W, E], the mean first.</summary>
    public Tensor Forward(Tensor map)
    {
        using var scope = NewDisposeScope();
        return nn.functional.linear(_pool.Tokens(map), _weight, _bias).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _weight.Dispose();
        _bias.Dispose();
    }
}
