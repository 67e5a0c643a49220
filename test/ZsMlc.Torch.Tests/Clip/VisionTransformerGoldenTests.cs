using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

/// <summary>Against openai/CLIP's own modules. fp32 5e-6 and gradients 1e-5 relative L2, float64 1e-10.</summary>
[TestClass]
public sealed class VisionTransformerGoldenTests
{
    private const double Single = 5e-6, Double = 1e-10;

    [TestMethod]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float64)]
    public void Encode_GoldenImages_HasTheReferencesPooledFeatures(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var clip = Load(dtype);
        using var io = Expected(dtype);
        using var inputs = Expected(ScalarType.Float32);
        foreach (var size in new[] { "", "other.", "wide.", "small." })
        {
            if (io.Names.Contains($"{size}image_features"))
            {
                Golden.AssertL2(io.Read($"{size}image_features"), clip.EncodeImage(inputs.Read($"{size}images").to(dtype)), Limit(dtype), $"{size}image_features");
            }
        }

        Golden.AssertL2(io.Read("text_features"), clip.EncodeText(inputs.Read("token_ids")), Limit(dtype), "text_features");
    }

    [TestMethod]
    [DataRow(ScalarType.Float32, DensePath.Residual, "residual")]
    [DataRow(ScalarType.Float32, DensePath.ResidualMlp, "residual_mlp")]
    [DataRow(ScalarType.Float32, DensePath.Plain, "plain")]
    [DataRow(ScalarType.Float32, DensePath.Mlp, "mlp")]
    [DataRow(ScalarType.Float64, DensePath.Residual, "residual")]
    [DataRow(ScalarType.Float64, DensePath.ResidualMlp, "residual_mlp")]
    [DataRow(ScalarType.Float64, DensePath.Plain, "plain")]
    [DataRow(ScalarType.Float64, DensePath.Mlp, "mlp")]
    public void EncodeDense_EveryPathAndSize_HasTheReferencesFeatures(ScalarType dtype, DensePath path, string name)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var clip = Load(dtype);
        using var tower = Tower(clip, path);
        using var frozen = tower.Freeze(dtype);
        using var io = Expected(dtype);
        using var inputs = Expected(ScalarType.Float32);
        var compared = 0;
        foreach (var size in new[] { "", "other.", "wide.", "small." }.Where(s => io.Names.Contains($"{s}dense.{name}")))
        {
            var images = inputs.Read($"{size}images").to(dtype);
            var patches = io.Read($"{size}dense.{name}")[.., 1..];
            foreach (var (dense, what) in new[] { (tower.EncodeDense(images), "live"), (frozen.EncodeDense(images), "frozen") })
            {
                Golden.AssertL2(patches, dense[.., 1..], Limit(dtype), $"{what} {size}dense.{name}");
                Golden.AssertL2(clip.EncodeImage(images), dense[.., 0], Limit(dtype), $"{what} {size}: token 0 is the pooled feature");
            }

            compared++;
        }

        Assert.IsGreaterThan(0, compared);
    }

    [TestMethod]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float64)]
    public void Resize_OtherGrids_IsTheReferencesBicubic(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var clip = Load(dtype);
        using var io = Expected(dtype);
        using var inputs = Expected(ScalarType.Float32);
        var tower = (VisionTransformer)clip.Visual;
        foreach (var size in new[] { "other.", "wide.", "small." })
        {
            var shape = inputs.Read($"{size}images").shape;
            var patch = tower.Config.PatchSize;
            Golden.AssertL2(
                io.Read($"{size}position"),
                PositionGrid.Resize(tower.positional_embedding, tower.Config.GridSize, shape[2] / patch, shape[3] / patch),
                Limit(dtype), $"{size}position");
        }
    }

    [TestMethod]
    [DataRow(ScalarType.Float32, 1e-5)]
    [DataRow(ScalarType.Float64, 1e-10)]
    public void EncodeDense_Backward_HasTheReferencesGradients(ScalarType dtype, double limit)
    {
        using var scope = NewDisposeScope();
        using var clip = Load(dtype);
        using var io = Expected(dtype);
        using var inputs = Expected(ScalarType.Float32);
        var tower = (VisionTransformer)clip.Visual;
        foreach (var parameter in tower.parameters())
        {
            parameter.requires_grad_(true);
        }

        var images = inputs.Read("images").to(dtype).requires_grad_(true);
        var reference = inputs.Read("grad.cotangent").to(dtype);

        var dense = ValuesOfAllTokens(tower, images);
        var loss = (dense * reference).sum();
        loss.backward();
        Golden.AssertL2(io.Read("grad.loss"), loss, limit, "loss");
        Golden.AssertL2(io.Read("grad.images"), images.grad!, limit, "images");
        Golden.AssertL2(io.Read("grad.positional_embedding"), tower.positional_embedding.grad!, limit, "positional_embedding");
        var last = tower.transformer.Blocks[^1];
        Golden.AssertL2(io.Read("grad.last.attn.in_proj_weight"), last.attn.in_proj_weight.grad!, limit, "in_proj_weight");
        Golden.AssertL2(io.Read("grad.last.attn.out_proj.weight"), last.attn.out_proj.weight.grad!, limit, "out_proj.weight");
        Golden.AssertL2(io.Read("grad.last.ln_1.weight"), last.ln_1.weight!.grad!, limit, "ln_1.weight");
        Golden.AssertL2(io.Read("grad.proj"), tower.proj.grad!, limit, "proj");
    }

    /// <summary>
    /// The reference's class token keeps its own value too, where ours attends. Value paths of tokens do not touch each
    /// other, so a second class token in front leaves the first as the reference has it.
    /// </summary>
    private static Tensor ValuesOfAllTokens(VisionTransformer tower, Tensor images)
    {
        var patches = tower.conv1.forward(images);
        var x = tower.ln_pre.forward(tower.WithPositions(patches.flatten(2).transpose(1, 2), patches.shape[2], patches.shape[3], tower.class_embedding, tower.positional_embedding));
        x = tower.transformer.Blocks.SkipLast(1).Aggregate(x, (tokens, block) => block.forward(tokens));
        using var last = new DenseTransformerBlock(tower.transformer.Blocks[^1], new(null, CPU));
        return tower.ln_post.forward(last.ForwardDense(cat([x[.., ..1], x], 1), tower.DensePath)[.., 1..]).matmul(tower.proj);
    }

    private static ClipModel Load(ScalarType dtype) => ClipModel.FromPretrained(Golden.PathOf("vit", "tiny_vit.safetensors"), dtype: dtype);

    private static ImageTower Tower(ClipModel clip, DensePath path)
    {
        var tower = ImageTower.Create(clip.Config.Vision, clip.Config.EmbedDim, clip.Config.QuickGelu, path);
        tower.to(clip.Visual.DType);
        tower.CopyWeights(clip.Visual);
        tower.eval();
        return tower;
    }

    private static SafetensorsFile Expected(ScalarType dtype) =>
        Golden.Open("vit", dtype == ScalarType.Float64 ? "tiny_vit_io_f64.safetensors" : "tiny_vit_io.safetensors");

    private static double Limit(ScalarType dtype) => dtype == ScalarType.Float64 ? Double : Single;
}
