using System.Diagnostics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>Makes an answer of memory that does not suffice.</summary>
internal static class DeviceMemory
{
    private static readonly string[] s_signs = ["out of memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED"];

    /// <summary>Whether an exception of libtorch says that the memory does not suffice.</summary>
    public static bool IsExhausted(Exception error) =>
        error is ExternalException && s_signs.Any(s => error.Message.Contains(s, StringComparison.OrdinalIgnoreCase));

    /// <summary>Runs over a batch; where the memory does not suffice, once more over its two halves, which changes a result by rounding at most.</summary>
    /// <param name="batch">Rows that do not depend on each other.</param>
    /// <param name="run">What is run; it must leave nothing half done.</param>
    /// <param name="name">What the rows are, for messages.</param>
    /// <param name="advice">What the user can change.</param>
    /// <exception cref="DeviceMemoryException">The memory does not suffice for the half either, or there is no half.</exception>
    public static Tensor InHalves(Tensor batch, Func<Tensor, Tensor> run, string name, string advice)
    {
        var count = batch.shape[0];
        try
        {
            return run(batch);
        }
        catch (ExternalException error) when (IsExhausted(error) && count > 1)
        {
            Trace.TraceWarning(HalvesMessage(count, name, advice));
        }
        catch (ExternalException error) when (IsExhausted(error))
        {
            throw new DeviceMemoryException($"The memory does not suffice for {count} {name} at once. {advice}", error);
        }

        using var scope = NewDisposeScope();
        try
        {
            return cat([run(batch.narrow(0, 0, count / 2)), run(batch.narrow(0, count / 2, count - count / 2))], 0).MoveToOuterDisposeScope();
        }
        catch (ExternalException error) when (IsExhausted(error))
        {
            throw new DeviceMemoryException($"The memory does not suffice for {count} {name} at once, nor for half as many. {advice}", error);
        }
    }

    /// <summary>What is said when halves take a batch's place.</summary>
    public static string HalvesMessage(long count, string name, string advice) =>
        $"The memory does not suffice for {count} {name} at once; it goes on with half as many. {advice}";
}
