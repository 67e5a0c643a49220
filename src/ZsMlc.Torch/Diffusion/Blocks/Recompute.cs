using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Blocks;

/// <summary>
/// Gradient checkpointing: a part of a network runs forward without keeping activations and runs again, with them, when
/// its gradient is asked for (Chen et al. 2016). Only gradients of the inputs are computed; weights inside must be frozen.
/// </summary>
internal static class Recompute
{
    public static Tensor Run(Func<Tensor[], Tensor> part, Tensor[] inputs) => Node.Create(part, inputs);

    private sealed class Node : autograd.SingleTensorFunction<Node>
    {
        public override string Name => nameof(Recompute);

        public static Tensor Create(Func<Tensor[], Tensor> part, Tensor[] inputs) => apply([part, .. inputs]);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var part = (Func<Tensor[], Tensor>)arguments[0];
            var inputs = arguments[1..].Cast<Tensor>().ToArray();
            context.save_data("part", part);
            context.save_for_backward([.. inputs]);
            using var noGrad = no_grad();
            return part(inputs);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            var part = (Func<Tensor[], Tensor>)context.get_data("part");
            using var scope = NewDisposeScope();
            var saved = context.get_saved_variables();
            using var withGrad = enable_grad();
            var inputs = saved.Select(t => t.detach().requires_grad_(t.requires_grad)).ToArray();
            var output = part(inputs);
            var needed = inputs.Where(t => t.requires_grad).ToList();
            var gradients = autograd.grad([output], needed, [gradient]);
            var all = new List<Tensor> { null! };
            var next = 0;
            foreach (var input in inputs)
            {
                all.Add(input.requires_grad ? gradients[next++].MoveToOuterDisposeScope() : null!);
            }

            return all;
        }
    }
}
