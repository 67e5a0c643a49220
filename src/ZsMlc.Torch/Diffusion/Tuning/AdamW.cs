using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Tuning;

/// <summary>AdamW (Loshchilov and Hutter 2019) whose state is kept by the parameters' names and stored in safetensors, for runs that resume bit for bit.</summary>
/// <remarks>
/// <c>torch.optim.AdamW</c> agrees with it but for the last bits (it fuses multiplication and addition), so a run that was begun here
/// cannot be gone on with there; and its <c>state_dict</c> knows parameters by their place alone.
/// </remarks>
internal sealed class AdamW : IDisposable
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;
    private const string First = "first.", Second = "second.";

    private readonly List<(string Name, Tensor Parameter)> _parameters;
    private readonly Dictionary<string, (Tensor First, Tensor Second)> _moments = [];
    private readonly double _rate, _decay;

    public AdamW(IEnumerable<(string Name, Tensor Parameter)> parameters, double rate, double decay) =>
        (_parameters, _rate, _decay) = (parameters.ToList(), rate, decay);

    /// <summary>Gets or sets the number of steps taken.</summary>
    public int Steps { get; set; }

    public void ZeroGradients()
    {
        foreach (var (_, parameter) in _parameters)
        {
            using var gradient = parameter.grad;
            gradient?.zero_();
        }
    }

    /// <summary>Shortens the whole gradient to a norm; returns the norm before.</summary>
    public double ClipGradients(double limit) => GradientNorm.Limit(_parameters.Select(p => p.Parameter.grad), limit);

    public void Step()
    {
        using var noGrad = no_grad();
        Steps++;
        var (correction1, correction2) = (1 - Math.Pow(Beta1, Steps), 1 - Math.Pow(Beta2, Steps));
        foreach (var (name, parameter) in _parameters)
        {
            using var scope = NewDisposeScope();
            if (!_moments.TryGetValue(name, out var m))
            {
                _moments[name] = m = (zeros_like(parameter).DetachFromDisposeScope(), zeros_like(parameter).DetachFromDisposeScope());
            }

            if (parameter.grad is not { } gradient)
            {
                continue;
            }

            m.First.mul_(Beta1).add_(gradient * (1 - Beta1));
            m.Second.mul_(Beta2).add_(gradient * gradient * (1 - Beta2));
            parameter.mul_(1 - _rate * _decay);
            parameter.sub_(m.First / correction1 / ((m.Second / correction2).sqrt() + Epsilon) * _rate);
        }
    }

    /// <summary>The moments under names of their own; none before the first step.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State() =>
        _moments.SelectMany(m => new[] { KeyValuePair.Create(First + m.Key, m.Value.First), KeyValuePair.Create(Second + m.Key, m.Value.Second) });

    /// <summary>Takes up the moments of an earlier run: those of every parameter, or none before the first step.</summary>
    /// <returns>What puts them in place, once the rest of the checkpoint has been found right.</returns>
    /// <exception cref="CheckpointFormatException">A moment is missing, or of another shape or type.</exception>
    public Action Restore(RunCheckpoint checkpoint)
    {
        var parameters = _parameters.Select(p => KeyValuePair.Create(p.Name, p.Parameter)).ToList();
        if (!checkpoint.Has(First) && !checkpoint.Has(Second))
        {
            return () => { };
        }

        var (first, second) = (checkpoint.Tensors(First, parameters), checkpoint.Tensors(Second, parameters));
        return () =>
        {
            foreach (var (name, parameter) in _parameters)
            {
                Tensor Placed(Dictionary<string, Tensor> moments) => moments[name].to(parameter.device, copy: true).DetachFromDisposeScope();
                _moments[name] = (Placed(first), Placed(second));
            }
        };
    }

    public void Dispose()
    {
        foreach (var (first, second) in _moments.Values)
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
