namespace ZsMlc.Torch.Classification;

/// <summary>
/// The course of the learning rate: a constant warm-up, then half a cosine down to zero. A function of the epoch, without the state of
/// TorchSharp's schedulers, which belong to one of its optimizers and count its steps: a resumed run asks for the epoch that it is in.
/// </summary>
/// <param name="Epochs">Number of epochs of the cosine.</param>
/// <param name="WarmupEpochs">Epochs of the constant warm-up.</param>
/// <param name="WarmupRate">Learning rate of the warm-up.</param>
public sealed record LearningRateSchedule(int Epochs, int WarmupEpochs = 1, double WarmupRate = 1e-5)
{
    /// <summary>The rate of an epoch: the schedule goes one step an epoch, and ends near zero with the last.</summary>
    /// <param name="baseRate">The rate right after the warm-up.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    public double Rate(double baseRate, int epoch) => epoch < WarmupEpochs
        ? WarmupRate
        : Cosine(baseRate, epoch - WarmupEpochs, Math.Max(Epochs - WarmupEpochs, 1));

    /// <summary>
    /// The rate of the published implementation, whose schedule goes two steps an epoch (behind the pass over real images
    /// and behind that over synthetic ones): it reaches zero half way and climbs again.
    /// </summary>
    /// <param name="baseRate">The rate right after the warm-up.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="syntheticPass">Whether the pass over synthetic images is meant.</param>
    public double PublishedRate(double baseRate, int epoch, bool syntheticPass)
    {
        var step = 2 * epoch + (syntheticPass ? 1 : 0);
        return step < WarmupEpochs ? WarmupRate : Cosine(baseRate, step - WarmupEpochs, Epochs);
    }

    private static double Cosine(double baseRate, int step, int period) => baseRate * 0.5 * (1 + Math.Cos(Math.PI * step / period));
}
