using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>The matrix of an antialiased bicubic resize along one axis, for a part of the output.</summary>
internal static class CubicWindow
{
    /// <summary>Weights of the inputs from <c>First</c> on, for the outputs from <paramref name="start"/> on.</summary>
    /// <param name="inputs">Length of the whole input.</param>
    /// <param name="outputs">Length of the whole output.</param>
    /// <param name="start">First output that is wanted.</param>
    /// <param name="count">Number of outputs wanted.</param>
    /// <returns>Index of the first input used, and the weights, Float32 [count, inputs used].</returns>
    public static (long First, Tensor Weights) Make(long inputs, long outputs, long start, int count)
    {
        var scale = (double)inputs / outputs;
        var stretch = Math.Max(scale, 1);
        (long From, long To) Reach(long output)
        {
            var centre = scale * (output + 0.5);
            return (Math.Max((long)(centre - 2 * stretch + 0.5), 0), Math.Min((long)(centre + 2 * stretch + 0.5), inputs));
        }

        var (first, end) = (Reach(start).From, Reach(start + count - 1).To);
        var weights = new float[count, end - first];
        for (var i = 0; i < count; i++)
        {
            var (from, to) = Reach(start + i);
            var centre = scale * (start + i + 0.5);
            var row = new double[to - from];
            for (var k = 0; k < row.Length; k++)
            {
                row[k] = Cubic((from + k + 0.5 - centre) / stretch);
            }

            var sum = row.Sum();
            for (var k = 0; k < row.Length; k++)
            {
                weights[i, from - first + k] = (float)(row[k] / sum);
            }
        }

        return (first, tensor(weights));
    }

    /// <summary>Keys' cubic kernel with a = -1/2, the one of Pillow and of libtorch's antialiased resize.</summary>
    private static double Cubic(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        return x < 1 ? ((A + 2) * x - (A + 3)) * x * x + 1
            : x < 2 ? ((x - 5) * x + 8) * x * A - 4 * A
            : 0;
    }
}
