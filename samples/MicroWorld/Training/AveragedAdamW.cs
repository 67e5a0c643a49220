using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MicroWorld.Training;

/// <summary>
/// AdamW on float32 master weights with an exponential moving average of them. The network's own weights may be bfloat16: they are
/// refreshed from the masters after each step. Vectors (norms, biases) are not decayed.
/// </summary>
internal sealed class AveragedAdamW
{
    private readonly List<Slot> slots = [];
    private readonly List<(string Name, Tensor Live, Tensor Average)> buffers = [];
    private readonly double beta1, beta2, decay, weightDecay;
    private int step;

    public AveragedAdamW(
        IEnumerable<(string Name, Parameter Value)> parameters,
        IEnumerable<(string Name, Tensor Value)> buffers,
        double weightDecay,
        double decay = 0.998,
        double beta1 = 0.9,
        double beta2 = 0.98)
    {
        (this.beta1, this.beta2, this.decay, this.weightDecay) = (beta1, beta2, decay, weightDecay);
        using var frozen = no_grad();
        foreach (var (name, value) in parameters)
        {
            var master = value.detach().to(ScalarType.Float32).clone();
            slots.Add(new Slot(name, value, master, zeros_like(master), zeros_like(master), master.clone()));
        }

        foreach (var (name, value) in buffers.Where(b => b.Value.is_floating_point()))
        {
            this.buffers.Add((name, value, value.detach().to(ScalarType.Float32).clone()));
        }
    }

    /// <summary>Everything a checkpoint must keep.</summary>
    public IEnumerable<(string Name, Tensor Value)> State()
    {
        foreach (var slot in slots)
        {
            yield return ("master/" + slot.Name, slot.Master);
            yield return ("first/" + slot.Name, slot.First);
            yield return ("second/" + slot.Name, slot.Second);
            yield return ("average/" + slot.Name, slot.Average);
        }

        foreach (var (name, live, average) in buffers)
        {
            yield return ("buffer/" + name, live);
            yield return ("average/" + name, average);
        }
    }

    /// <summary>Puts the averaged weights and buffers into the network, for use after training.</summary>
    public void UseAverages()
    {
        using var frozen = no_grad();
        foreach (var slot in slots)
        {
            slot.Live.copy_(slot.Average);
        }

        foreach (var (_, live, average) in buffers)
        {
            live.copy_(average);
        }
    }

    /// <summary>Goes on from step <paramref name="done"/> after the state was read back.</summary>
    public void Resume(int done)
    {
        step = done;
        Publish();
    }

    /// <summary>Clips the gradients' norm to <paramref name="maxNorm"/>, steps, averages and clears the gradients. A non-finite gradient skips the step.</summary>
    /// <returns>The norm before clipping.</returns>
    public double Step(double learningRate, double maxNorm)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var gradients = slots.Select(s => s.Live.grad is { } g ? g.to(ScalarType.Float32) : zeros_like(s.Master)).ToList();
        var norm = Math.Sqrt(stack(gradients.Select(g => g.square().sum()).ToArray()).sum().ToDouble());
        if (!double.IsFinite(norm))
        {
            ClearGradients();
            return norm;
        }

        step++;
        var scale = Math.Min(1, maxNorm / (norm + 1e-6));
        var correction1 = 1 - Math.Pow(beta1, step);
        var correction2 = Math.Sqrt(1 - Math.Pow(beta2, step));
        var keep = Math.Min(decay, (1.0 + step) / (10.0 + step));
        for (var i = 0; i < slots.Count; i++)
        {
            var slot = slots[i];
            var gradient = gradients[i].mul(scale);
            slot.First.mul_(beta1).add_(gradient, 1 - beta1);
            slot.Second.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
            if (slot.Master.dim() > 1)
            {
                slot.Master.mul_(1 - learningRate * weightDecay);
            }

            slot.Master.addcdiv_(slot.First, slot.Second.sqrt().div_(correction2).add_(1e-8), -learningRate / correction1);
            slot.Average.mul_(keep).add_(slot.Master, 1 - keep);
        }

        foreach (var (_, live, average) in buffers)
        {
            average.mul_(keep).add_(live.to(ScalarType.Float32), 1 - keep);
        }

        ClearGradients();
        Publish();
        return norm;
    }

    // After their last use: without a change of type, the gradients above are these very tensors.
    private void ClearGradients()
    {
        foreach (var slot in slots)
        {
            slot.Live.grad?.zero_();
        }
    }

    private void Publish()
    {
        using var frozen = no_grad();
        foreach (var slot in slots)
        {
            slot.Live.copy_(slot.Master);
        }
    }

    private sealed record Slot(string Name, Parameter Live, Tensor Master, Tensor First, Tensor Second, Tensor Average);
}
