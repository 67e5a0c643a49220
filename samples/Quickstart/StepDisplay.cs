using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Spectre.Console;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.Samples.Reporting;
using ZsMlc.Torch.Classification;

namespace ZsMlc.Samples.Quickstart;

/// <summary>Shows the steps of the job as live bars, one after the other, and times them.</summary>
internal sealed class StepDisplay(ProgressContext context)
{
    private readonly List<RunStep> _finished = [];
    private readonly Stopwatch _clock = new();
    private ProgressTask? _task;
    private string _name = "", _detail = "";

    public IReadOnlyList<RunStep> Finished => _finished;

    /// <summary>Warnings of the components, without repetitions.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Where the generator reports to.</summary>
    public IProgress<GenerationProgress> Generation => new Reporter<GenerationProgress>(value =>
    {
        const string Images = "Generate and judge pictures";
        if (value.Phase == GenerationPhase.Images)
        {
            Begin(Images);
            var stored = value.Generated == 0 && value.Completed == value.Total;
            Show(value.Completed, value.Total, stored ? "all were there already" : $"{value.Accepted} of {value.Generated} accepted");
        }
        else
        {
            Begin("Write prompts");
            Show(value.Completed, value.Total, "");
            if (value.Completed == value.Total)
            {
                Begin(Images); // it reports after its first pictures only
            }
        }
    });

    /// <summary>Where a trainer reports to.</summary>
    public IProgress<TrainingProgress> Training(string name) => new Reporter<TrainingProgress>(value =>
    {
        Begin(name);
        Show(((value.Epoch - 1) * value.Steps) + value.Step, value.Epochs * value.Steps, FormattableString.Invariant($"epoch {value.Epoch}, loss {value.Loss:0.00}"));
    });

    /// <summary>Ends the step before and begins this one, if it has not begun yet.</summary>
    public void Begin(string name)
    {
        if (name == _name)
        {
            return;
        }

        End();
        (_name, _detail) = (name, "");
        _task = context.AddTask(name, maxValue: 1);
        _clock.Restart();
    }

    /// <summary>Ends the last step.</summary>
    public void End()
    {
        if (_task is { } task)
        {
            task.Value = 1;
            task.StopTask();
            _finished.Add(new(_name, _clock.Elapsed, _detail));
            (_task, _name) = (null, "");
        }
    }

    /// <summary>Keeps what components warn of.</summary>
    public void Note(object? sender, LoggingEventArgs message)
    {
        if (message.Kind == ChannelMessageKind.Warning && !Warnings.Contains(message.RawMessage))
        {
            Warnings.Add(message.RawMessage);
        }
    }

    private void Show(double done, double all, string detail)
    {
        _task!.Value = all > 0 ? done / all : 1;
        _task.Description = detail.Length > 0 ? $"{_name} [grey]{Markup.Escape(detail)}[/]" : _name;
        _detail = detail;
    }

    /// <summary>Reports at once and in order, which System.Progress does not.</summary>
    private sealed class Reporter<T>(Action<T> show) : IProgress<T>
    {
        public void Report(T value) => show(value);
    }
}
