using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using ZsMlc.Torch.Tests.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

[TestClass]
public sealed class AveragePoolingTests
{
    [TestMethod]
    [DataRow(8, 12, 2, DisplayName = "windows fill the map")]
    [DataRow(7, 9, 2, DisplayName = "a row and a column are left over")]
    [DataRow(11, 6, 3, DisplayName = "two rows are left over")]
    public void Of_ValuesAndGradients_AreLibtorchs(long height, long width, long side)
    {
        using var scope = NewDisposeScope();
        var x = randn(2, 5, height, width);
        var weights = randn(2, 5, height / side, width / side);
        (Tensor Result, Tensor Gradient) Run(Func<Tensor, Tensor> pool)
        {
            var input = x.detach().requires_grad_();
            var result = pool(input);
            GradientFunction.Backward((result * weights).sum());
            return (result, input.grad!);
        }

        var (expected, actual) = (Run(t => nn.functional.avg_pool2d(t, side)), Run(t => AveragePooling.Of(t, side)));
        TensorAssert.Within(0, expected.Result, actual.Result);
        TensorAssert.Within(1e-7, expected.Gradient, actual.Gradient);
    }

    [TestMethod]
    public void Of_WhereGradientsFlow_LeavesNoTensor()
    {
        using var scope = NewDisposeScope();
        var x = randn(1, 4, 6, 6).requires_grad_();
        void Step()
        {
            using var step = NewDisposeScope();
            GradientFunction.Backward(AveragePooling.Of(x, 2).sum());
            x.grad!.zero_();
        }

        Step();
        TensorAssert.NoneIsLeftBy(() =>
        {
            for (var i = 0; i < 5; i++)
            {
                Step();
            }
        });
    }
}
