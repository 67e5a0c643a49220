using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>
/// A sampler: the noise levels that the network is called at, and the step from one level to the next. Every tensor
/// operation can be differentiated. An instance serves one sampling run at a time, and keeps tensors of earlier steps until the next
/// run or its disposal.
/// </summary>
public abstract class Scheduler : IDisposable
{
    private readonly List<StepMemory> _memories = [];

    private protected Scheduler(SchedulerConfig config)
    {
        Config = config;
        AlphasCumprod = NoiseTable.AlphasCumprod(config);
    }

    /// <summary>Gets the settings.</summary>
    public SchedulerConfig Config { get; }

    /// <summary>Gets the timesteps of the run, the noisiest first. Fractional for some settings.</summary>
    public IReadOnlyList<double> Timesteps { get; private protected set; } = [];

    /// <summary>Gets the factor that turns unit noise into the first sample.</summary>
    public double InitNoiseSigma { get; private protected set; } = 1;

    /// <summary>Gets ᾱ of every training timestep, in single precision as the networks were trained with.</summary>
    protected IReadOnlyList<double> AlphasCumprod { get; }

    /// <summary>Gets whether <see cref="Step"/> adds fresh noise.</summary>
    public virtual bool IsStochastic => false;

    /// <summary>Starts a run.</summary>
    /// <param name="steps">Number of steps, 1 up to the number of training timesteps.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside that range.</exception>
    public void SetTimesteps(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps, Config.NumTrainTimesteps);
        _memories.ForEach(m => m.Clear());
        Start(steps);
    }

    /// <summary>Frees the tensors of earlier steps.</summary>
    public void Dispose()
    {
        _memories.ForEach(m => m.Dispose());
        GC.SuppressFinalize(this);
    }

    /// <summary>Goes on with images of other runs, which have come equally far with the same settings; the next step is theirs.</summary>
    /// <param name="images">The runs, and the images' rows in them.</param>
    internal void Gather(IReadOnlyList<(Scheduler Run, int Row)> images)
    {
        for (var m = 0; m < _memories.Count; m++)
        {
            _memories[m].Gather([.. images.Select(i => (i.Run._memories[m], i.Row))]);
        }
    }

    /// <summary>Makes a place for tensors of earlier steps, empty at the start of every run.</summary>
    private protected StepMemory Remember(int capacity)
    {
        _memories.Add(new(capacity));
        return _memories[^1];
    }

    /// <summary>Prepares the tables of a run of <paramref name="steps"/> steps.</summary>
    private protected abstract void Start(int steps);

    /// <summary>Scales a sample to what the network expects.</summary>
    /// <param name="sample">The sample before step <paramref name="index"/>.</param>
    /// <param name="index">Index into <see cref="Timesteps"/>.</param>
    public virtual Tensor ScaleModelInput(Tensor sample, int index) => sample.alias();

    /// <summary>Goes one step.</summary>
    /// <param name="output">What the network predicted from the scaled sample.</param>
    /// <param name="index">Index into <see cref="Timesteps"/>; steps are taken in order.</param>
    /// <param name="sample">The sample before the step.</param>
    /// <param name="noise">Source of unit noise of the sample's shape; used when <see cref="IsStochastic"/>.</param>
    /// <returns>The sample after the step.</returns>
    public abstract Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null);

    /// <summary>The clean sample that the network's prediction stands for.</summary>
    /// <param name="output">What the network predicted.</param>
    /// <param name="index">Index into <see cref="Timesteps"/>.</param>
    /// <param name="sample">The sample before the step.</param>
    public abstract Tensor PredictOriginal(Tensor output, int index, Tensor sample);

    /// <summary>Creates the scheduler that a configuration names. Settings of other schedulers are passed over.</summary>
    /// <exception cref="NotSupportedException">The class, or a setting of its own, is not supported; the message names it.</exception>
    public static Scheduler Create(SchedulerConfig config)
    {
        var own = SchedulerSettings.OfClass(config);
        return own.ClassName switch
        {
            "DDIMScheduler" => new DdimScheduler(own),
            "DDPMScheduler" => new DdpmScheduler(own),
            "DPMSolverMultistepScheduler" => new DpmSolverScheduler(own),
            "EulerAncestralDiscreteScheduler" => new EulerAncestralScheduler(own),
            "EulerDiscreteScheduler" => new EulerScheduler(own),
            "HeunDiscreteScheduler" => new HeunScheduler(own),
            "LCMScheduler" => new LcmScheduler(own),
            "PNDMScheduler" => new PndmScheduler(own),
            "TCDScheduler" => new TcdScheduler(own),
            _ => new UniPcScheduler(own),
        };
    }

    /// <summary>x̂₀ from the prediction, for samples x = √ᾱ·x₀ + √(1-ᾱ)·ε.</summary>
    private protected Tensor OriginalFromAlpha(Tensor output, double alphaCumprod, Tensor sample)
    {
        var (alpha, sigma) = (Math.Sqrt(alphaCumprod), Math.Sqrt(1 - alphaCumprod));
        return Config.PredictionType switch
        {
            "epsilon" => (sample - sigma * output) / alpha,
            "v_prediction" => alpha * sample - sigma * output,
            "sample" => output.alias(),
            _ => throw UnknownPrediction(),
        };
    }

    /// <summary>The noise that the prediction stands for, for such samples.</summary>
    private protected Tensor NoiseFromAlpha(Tensor output, double alphaCumprod, Tensor sample, Tensor original)
    {
        var (alpha, sigma) = (Math.Sqrt(alphaCumprod), Math.Sqrt(1 - alphaCumprod));
        return Config.PredictionType switch
        {
            "epsilon" => output,
            "v_prediction" => alpha * output + sigma * sample,
            _ => (sample - alpha * original) / sigma,
        };
    }

    /// <summary>x̂₀ from the prediction, for samples x = x₀ + σ·ε.</summary>
    private protected Tensor OriginalFromSigma(Tensor output, double sigma, Tensor sample) => Config.PredictionType switch
    {
        "epsilon" => sample - sigma * output,
        "v_prediction" => output * (-sigma / Math.Sqrt(sigma * sigma + 1)) + sample / (sigma * sigma + 1),
        "sample" => output.alias(),
        _ => throw UnknownPrediction(),
    };

    private NotSupportedException UnknownPrediction() =>
        new($"The setting prediction_type = '{Config.PredictionType}' is not supported; expected epsilon, v_prediction or sample.");
}
