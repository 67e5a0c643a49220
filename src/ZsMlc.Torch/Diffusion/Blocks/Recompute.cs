using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Blocks;

/// <summary>
/// Gradient checkpointing: a part of a network runs forward without keeping activations and runs again, with them, when
/// its gradient is asked for (Chen et al. 2016). Only gradients of the inputs are computed; weights inside must be frozen.
/// </summary>
/// <remarks>
/// On a GPU libtorch calls <c>backward</c> on a thread of its own, which has no dispose scope and must not see an exception.
/// </remarks>
internal static class Recompute
{
    private static readonly ConcurrentDictionary<(long Graph, int Thread), IReadOnlyList<Tensor>> s_handedOver = [];
    private static readonly ConcurrentDictionary<long, ExceptionDispatchInfo> s_failures = [];
    private static long s_graphs;

    /// <summary>The graph that this thread is building; 0 before the first part.</summary>
    [ThreadStatic]
    private static long s_graph;

    /// <summary>Runs a part. Back-propagation through it is for <see cref="Backward"/>.</summary>
    public static Tensor Run(Func<Tensor[], Tensor> part, Tensor[] inputs) => Node.Create(part, inputs);

    /// <summary>Back-propagates a loss whose graph this thread built, and leaves no tensor behind.</summary>
    /// <remarks>What a part throws while it runs again is thrown here, as it was.</remarks>
    public static void Backward(Tensor loss)
    {
        var graph = s_graph;
        s_graph = 0;
        try
        {
            loss.backward();
        }
        catch (ExternalException) when (s_failures.TryRemove(graph, out var failure))
        {
            failure.Throw();
        }
        finally
        {
            foreach (var key in s_handedOver.Keys.Where(k => k.Graph == graph))
            {
                Free(s_handedOver.TryRemove(key, out var tensors) ? tensors : []);
            }
        }
    }

    /// <summary>Keeps what was returned until libtorch has taken it: it has when it calls again on the same thread.</summary>
    private static void HandOver(long graph, IReadOnlyList<Tensor> tensors)
    {
        var key = (graph, Environment.CurrentManagedThreadId);
        Free(s_handedOver.TryGetValue(key, out var earlier) ? earlier : []);
        s_handedOver[key] = tensors;
    }

    private static void Free(IReadOnlyList<Tensor> tensors)
    {
        foreach (var tensor in tensors)
        {
            tensor.Dispose();
        }
    }

    private sealed class Node : autograd.SingleTensorFunction<Node>
    {
        public override string Name => nameof(Recompute);

        public static Tensor Create(Func<Tensor[], Tensor> part, Tensor[] inputs)
        {
            s_graph = s_graph == 0 ? Interlocked.Increment(ref s_graphs) : s_graph;
            return apply([part, .. inputs]);
        }

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var part = (Func<Tensor[], Tensor>)arguments[0];
            var inputs = arguments[1..].Cast<Tensor>().ToArray();
            context.save_data("part", part);
            context.save_data("graph", s_graph);
            context.save_data("needed", inputs.Select(t => t.requires_grad).ToArray());
            context.save_for_backward([.. inputs]);
            using var noGrad = no_grad();
            return part(inputs);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            var graph = (long)context.get_data("graph");
            var needed = (bool[])context.get_data("needed");
            using var scope = NewDisposeScope();
            using var owned = gradient;
            List<Tensor?> all = [null];
            try
            {
                all.AddRange(Gradients((Func<Tensor[], Tensor>)context.get_data("part"), context.get_saved_variables(), needed, gradient));
            }
            catch (Exception e)
            {
                // An exception would end the process. A gradient of a shape that no input has makes libtorch's own check stop the run.
                s_failures[graph] = ExceptionDispatchInfo.Capture(e);
                all.AddRange(needed.Select(n => n ? empty(0, device: gradient.device).DetachFromDisposeScope() : null));
            }

            HandOver(graph, [.. all.OfType<Tensor>()]);
            return all!;
        }

        private static IEnumerable<Tensor?> Gradients(Func<Tensor[], Tensor> part, List<Tensor> saved, bool[] needed, Tensor gradient)
        {
            using var withGrad = enable_grad();
            var inputs = saved.Select((t, i) => t.detach().requires_grad_(needed[i])).ToArray();
            var gradients = new Queue<Tensor>(autograd.grad([part(inputs)], [.. inputs.Where((_, i) => needed[i])], [gradient]));
            return [.. needed.Select(n => n ? gradients.Dequeue().DetachFromDisposeScope() : null)];
        }
    }
}
