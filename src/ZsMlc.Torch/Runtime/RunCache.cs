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
    private readonly Dictionary<(nn.Module Layer, string Name), (object Condition, IDisposable? Value)> _kept = [];

    private RunCache()
    {
    }

    /// <summary>Gets whether a run is going on, in which no gradient flows.</summary>
    public static bool IsOpen => s_current is not null && !is_grad_enabled();

    /// <summary>Begins a run.</summary>
    public static RunCache Open() => s_current = new();

    /// <summary>What a layer has kept; nothing outside of a run.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="name">What it is, among what the layer keeps.</param>
    /// <param name="condition">What it depends on besides the layer: a tensor, which must be the same object, or a value. When it changes, it is computed anew.</param>
    /// <param name="compute">Computes a tensor or makes a network; <see langword="null"/> where there is no such thing, which is kept as well.</param>
    public static T? Of<T>(nn.Module layer, string name, object condition, Func<T?> compute)
        where T : class, IDisposable
    {
        if (!IsOpen)
        {
            return null;
        }

        var kept = s_current!._kept;
        if (kept.TryGetValue((layer, name), out var entry) && IsSame(entry.Condition, condition))
        {
            return (T?)entry.Value;
        }

        Free(entry.Value);
        kept.Remove((layer, name));
        var value = compute();
        (value as Tensor)?.DetachFromDisposeScope();
        kept[(layer, name)] = (condition, value);
        return value;
    }

    /// <summary>A run's copy of a network in single precision; nothing outside of a run, or where the processor computes in the network's own type.</summary>
    /// <param name="network">The network.</param>
    /// <param name="make">Makes another of the same sizes.</param>
    public static T? Wide<T>(T network, Func<T> make)
        where T : nn.Module => Of(network, "wide", 0, () => HalfPrecision.Wide(network, make));

    /// <summary>Frees what the calling thread's run keeps; what is asked for again is computed anew.</summary>
    public static void Clear() => s_current?.Free();

    /// <summary>Ends the run.</summary>
    public void Dispose()
    {
        s_current = _outer;
        Free();
    }

    private void Free()
    {
        foreach (var (_, value) in _kept.Values)
        {
            Free(value);
        }

        _kept.Clear();
    }

    private static void Free(IDisposable? value)
    {
        if (value is nn.Module network)
        {
            network.Free();
        }
        else
        {
            value?.Dispose();
        }
    }

    private static bool IsSame(object a, object b) => a is Tensor ? ReferenceEquals(a, b) : a.Equals(b);
}
