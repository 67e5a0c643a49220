namespace ZsMlc.Torch.Clip;

/// <summary>
/// How the last block of a vision transformer makes features of single positions: every token keeps its own value,
/// a = W_o(W_v ln_1(x) + b_v) + b_o, instead of attending to others (Zhou, Loy and Dai, <i>Extract free dense labels from
/// CLIP</i>, ECCV 2022). Behind it stand the final norm and the projection. Token 0, for the whole image, is CLIP's own
/// pooled feature in every case.
/// </summary>
public enum DensePath
{
    /// <summary>x + a: the residual, without the block's perceptron. The default.</summary>
    Residual,

    /// <summary>y + mlp(ln_2(y)) with y = x + a.</summary>
    ResidualMlp,

    /// <summary>a alone.</summary>
    Plain,

    /// <summary>a + mlp(ln_2(a)).</summary>
    Mlp,
}
