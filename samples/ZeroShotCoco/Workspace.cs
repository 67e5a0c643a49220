namespace ZsMlc.Samples.ZeroShotCoco;

/// <summary>Where each command leaves what the next one reads.</summary>
internal sealed record Workspace(string Root)
{
    public string Labels => Path.Combine(Root, "labels.json");

    public string TrainingAnnotations => Path.Combine(Root, "train.json");

    public string TestAnnotations => Path.Combine(Root, "test.json");

    public string Prompts => Path.Combine(Root, "prompts");

    /// <summary>The tuned text encoder, which generation uses when it is there.</summary>
    public string TextEncoder => Path.Combine(Root, "text_encoder.safetensors");

    /// <summary>The state of the tuning, and a few pictures to see what came of it.</summary>
    public string Tuning => Path.Combine(Root, "tuning");

    public string Store => Path.Combine(Root, "synthetic");

    /// <summary>What <see cref="Store"/> was generated with.</summary>
    public string Generation => Path.Combine(Root, "generation.json");

    public TrainedModel Full => new(Root, "tagger");

    /// <summary>The model to compare with, which saw no picture of the unseen labels.</summary>
    public TrainedModel PhotosOnly => new(Root, "photos-only");

    public string Report => Path.Combine(Root, "report.html");

    /// <summary>Names the command that makes a missing file.</summary>
    public string Require(string path, string command) =>
        File.Exists(path) || Directory.Exists(path)
            ? path
            : throw new UsageException($"{path} does not exist yet. Run `{command}` first, with the same --work.");
}

/// <summary>The files of a training run.</summary>
internal sealed record TrainedModel(string Root, string Name)
{
    public string Zip => Path.Combine(Root, $"{Name}.zip");

    /// <summary>Losses, for the report.</summary>
    public string Log => Path.Combine(Root, $"{Name}.training.json");

    /// <summary>The state that an interrupted run goes on from.</summary>
    public string Checkpoint => Path.Combine(Root, $"{Name}.checkpoint.safetensors");
}

/// <summary>A mistake of the caller; its message is all that is shown.</summary>
internal sealed class UsageException(string message) : InvalidOperationException(message);
