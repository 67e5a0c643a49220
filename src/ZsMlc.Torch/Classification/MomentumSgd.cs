using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>
/// Stochastic gradient descent with momentum and weight decay, a rate for every parameter, and momentum that is kept by the
/// parameter's name, so that a resumed run goes on bit for bit.
/// </summary>
/// <remarks>
/// <c>torch.optim.SGD</c> agrees with it but for the last bits (it fuses multiplication and addition), so a run that was begun here
/// cannot be gone on with there; and its <c>state_dict</c> knows parameters by their place alone.
/// </remarks>
internal sealed class MomentumSgd : IDisposable
{
    private readonly double _momentum, _decay;
    private readonly List<(string Name, Tensor Parameter, Func<double> Rate)> _parameters;
    private readonly Dictionary<string, Tensor> _velocity = [];

    public MomentumSgd(IEnumerable<(string Name, Tensor Parameter, Func<double> Rate)> parameters, double momentum, double decay) =>
        (_parameters, _momentum, _decay) = (parameters.ToList(), momentum, decay);

    /// <summary>Gets the momentum of every parameter; empty before the first step.</summary>
    public IReadOnlyDictionary<string, Tensor> Velocity => _velocity;

    /// <summary>Gets the parameters by their names.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Parameters => _parameters.Select(p => KeyValuePair.Create(p.Name, p.Parameter));

    public void ZeroGradients()
    {
        foreach (var (_, parameter, _) in _parameters)
        {
            if (parameter.grad is { } gradient)
            {
                using (gradient)
                {
                    gradient.zero_();
                }
            }
        }
    }

    /// <summary>Whether every gradient is finite: one read from the device, whatever the number of parameters.</summary>
    public bool GradientsAreFinite()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var finite = _parameters.Select(p => p.Parameter.grad).OfType<Tensor>().Select(g => g.isfinite().all()).ToList();
        return finite.Count == 0 || stack(finite, 0).all().item<bool>();
    }

    /// <summary>Scales all gradients by one factor so that their common norm is at most the limit: g ← g · min(1, limit / ‖g‖).</summary>
    public void LimitGradients(double limit) => GradientNorm.Limit(_parameters.Select(p => p.Parameter.grad), limit);

    /// <summary>v ← μv + (g + λp), p ← p - ηv.</summary>
    public void Step()
    {
        using var noGrad = no_grad();
        foreach (var (name, parameter, rate) in _parameters)
        {
            using var scope = NewDisposeScope();
            if (!_velocity.TryGetValue(name, out var velocity))
            {
                _velocity[name] = velocity = zeros_like(parameter).DetachFromDisposeScope();
            }

            if (parameter.grad is { } gradient)
            {
                velocity.mul_(_momentum).add_(gradient + _decay * parameter);
                parameter.sub_(velocity * rate());
            }
        }
    }

    /// <summary>Takes up the momentum of an earlier run.</summary>
    public void Restore(IReadOnlyDictionary<string, Tensor> velocity)
    {
        foreach (var (name, parameter, _) in _parameters.Where(p => velocity.ContainsKey(p.Name)))
        {
            _velocity[name] = velocity[name].to(parameter.device, copy: true).DetachFromDisposeScope();
        }
    }

    public void Dispose()
    {
        foreach (var velocity in _velocity.Values)
        {
            velocity.Dispose();
        }
    }
}
