using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>A part of a network that computes its gradients itself. Those of its inputs, that is: what it holds must be frozen.</summary>
/// <remarks>
/// On a GPU libtorch calls <c>backward</c> on a thread of its own, which has no dispose scope and must not see an exception.
/// </remarks>
internal abstract class GradientFunction
{
    private static readonly ConcurrentDictionary<(long Graph, int Thread), IReadOnlyList<Tensor>> s_handedOver = [];
    private static readonly ConcurrentDictionary<long, ExceptionDispatchInfo> s_failures = [];
    private static long s_graphs;

    /// <summary>The graph that this thread is building; 0 before the first part.</summary>
    [ThreadStatic]
    private static long s_graph;

    /// <summary>Runs the part. Back-propagation through it is for <see cref="Backward"/>.</summary>
    public Tensor Run(params Tensor[] inputs) => Node.Create(this, inputs);

    /// <summary>Back-propagates a loss whose graph this thread built, and leaves no tensor behind.</summary>
    /// <remarks>What a part throws meanwhile is thrown here, as it was.</remarks>
    public static void Backward(Tensor loss)
    {
        var graph = s_graph;
        s_graph = 0;

        // Of a back-propagation that did not go this way.
        s_failures.TryRemove(graph, out _);
        try
        {
            loss.backward();
        }
        catch (ExternalException) when (s_failures.ContainsKey(graph))
        {
            // Thrown below as it was.
        }
        finally
        {
            foreach (var key in s_handedOver.Keys.Where(k => k.Graph == graph))
            {
                Free(s_handedOver.TryRemove(key, out var tensors) ? tensors : []);
            }
        }

        if (s_failures.TryRemove(graph, out var failure))
        {
            failure.Throw();
        }
    }

    /// <summary>The result, and what its gradients are computed from; without gradients.</summary>
    protected abstract (Tensor Result, IReadOnlyList<Tensor> Kept) Forward(IReadOnlyList<Tensor> inputs);

    /// <summary>The gradient of every input; null for those that need none.</summary>
    /// <param name="kept">What was kept of the forward run.</param>
    /// <param name="needed">Whether an input needs its gradient.</param>
    /// <param name="gradient">That of the result.</param>
    protected abstract IEnumerable<Tensor?> Gradients(IReadOnlyList<Tensor> kept, IReadOnlyList<bool> needed, Tensor gradient);

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
        public override string Name => nameof(GradientFunction);

        public static Tensor Create(GradientFunction function, Tensor[] inputs)
        {
            s_graph = s_graph == 0 ? Interlocked.Increment(ref s_graphs) : s_graph;
            return apply([function, .. inputs]);
        }

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var function = (GradientFunction)arguments[0];
            var inputs = arguments[1..].Cast<Tensor>().ToArray();
            using var noGrad = no_grad();
            var (result, kept) = function.Forward(inputs);
            context.save_data("function", function);
            context.save_data("graph", s_graph);
            context.save_data("needed", inputs.Select(t => t.requires_grad).ToArray());
            context.save_for_backward([.. kept]);
            return result;
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
                var gradients = ((GradientFunction)context.get_data("function")).Gradients(context.get_saved_variables(), needed, gradient);
                all.AddRange(gradients.Select(t => t?.DetachFromDisposeScope()).ToList());
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
    }
}
