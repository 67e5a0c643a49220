using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

[TestClass]
public sealed class DenseVisionTransformerTests
{
    [TestMethod]
    [DataRow(32, 32, DisplayName = "the tower's size")]
    [DataRow(37, 45, DisplayName = "not whole patches")]
    public void Encode_LiveWeights_AgreesWithTheTowerInValuesAndGradients(int height, int width)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4, CPU);
        using var model = new ClipModel(ClipModelTests.TinyViT);
        var tower = (VisionTransformer)model.Visual;
        var pixels = randn([2, 3, height, width], generator: generator);
        var target = randn([2, model.Config.EmbedDim], generator: generator);

        var (expected, weights, images) = Backward(tower.Encode);
        using var live = DenseVisionTransformer.Live(tower);
        var (encoded, liveWeights, liveImages) = Backward(live.Encode);

        Golden.AssertClose(expected, encoded, 1e-5, 1e-5, "features");
        Golden.AssertClose(weights, liveWeights, 1e-4, 1e-5, "gradients of the patches' weights");
        Golden.AssertClose(images, liveImages, 1e-4, 1e-5, "gradients of the pixels");

        (Tensor Features, Tensor Weights, Tensor Images) Backward(Func<Tensor, Tensor> encode)
        {
            tower.conv1.weight.grad = null;
            var input = pixels.clone().requires_grad_();
            var features = encode(input);
            (features * target).sum().backward();
            return (features.detach(), tower.conv1.weight.grad!.clone(), input.grad!);
        }
    }
}
