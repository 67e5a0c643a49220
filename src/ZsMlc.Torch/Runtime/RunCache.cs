using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// What the steps of a run share, such as weights in the order in which a kernel reads them: computed by the first step that
/// asks and freed with the run. So it can never be of weights that have changed since.
/// </summary>
/// <remarks>It holds for the calling thread, between <see cref="Open"/> and its disposal.</remarks>
internal sealed class RunCache : IDisposable
{
    [ThreadStatic]
    private static RunCache? s_current;

    private readonly RunCache? _outer = s_current;
    private readonly Dictionary<(nn.Module Layer, string Name), (object Condition, Tensor? Value)> _kept = [];
    private readonly IDisposable _widened;

    private RunCache(IEnumerable<nn.Module> networks) => _widened = HalfPrecision.Widen(networks);

    /// <summary>Gets whether a run is going on, in which no gradient flows.</summary>
    public static bool IsOpen => s_current is not null && !is_grad_enabled();

    /// <summary>Begins a run.</summary>
    /// <param name="networks">Networks of the run, whose weights are in Float32 meanwhile where the processor would only emulate their type.</param>
    public static RunCache Open(params IEnumerable<nn.Module> networks) => s_current = new(networks);

    /// <summary>What a layer has kept; nothing outside of a run.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="name">What it is, among what the layer keeps.</param>
    /// <param name="condition">What it depends on besides the layer: a tensor, which must be the same object, or a value. When it changes, it is computed anew.</param>
    /// <param name="compute">Computes it; <see langword="null"/> where there is no such thing, which is kept as well.</param>
    public static Tensor? Of(nn.Module layer, string name, object condition, Func<Tensor?> compute)
    {
        if (!IsOpen)
        {
            return null;
        }

        var kept = s_current!._kept;
        if (kept.TryGetValue((layer, name), out var entry) && IsSame(entry.Condition, condition))
        {
            return entry.Value;
        }

        entry.Value?.Dispose();
        kept.Remove((layer, name));
        var value = compute()?.DetachFromDisposeScope();
        kept[(layer, name)] = (condition, value);
        return value;
    }

    /// <summary>Frees what the calling thread's run keeps; what is asked for again is computed anew.</summary>
    public static void Clear() => s_current?.Free();

    /// <summary>Ends the run.</summary>
    public void Dispose()
    {
        s_current = _outer;
        Free();
        _widened.Dispose();
    }

    private void Free()
    {
        foreach (var (_, value) in _kept.Values)
        {
            value?.Dispose();
        }

        _kept.Clear();
    }

    private static bool IsSame(object a, object b) => a is Tensor ? ReferenceEquals(a, b) : a.Equals(b);
}
