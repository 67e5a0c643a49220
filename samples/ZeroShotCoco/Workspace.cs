namespace ZsMlc.Samples.ZeroShotCoco;

/// <summary>Where each command leaves what the next one reads.</summary>
internal sealed record Workspace(string Root)
{
    public string Labels => Path.Combine(Root, "labels.json");

    public string TrainingAnnotations => Path.Combine(Root, "train.json");

    public string TestAnnotations => Path.Combine(Root, "test.json");

    public string Prompts => Path.Combine(Root, "prompts");

    public string Store => Path.Combine(Root, "synthetic");

    public string Tuned => Path.Combine(Root, "tuned.zip");

    public string Checkpoint => Path.Combine(Root, "training");

    public string Model => Path.Combine(Root, "tagger.zip");

    public string Report => Path.Combine(Root, "report.html");

    /// <summary>Names the command that makes a missing file.</summary>
    public string Require(string path, string command) =>
        File.Exists(path) || Directory.Exists(path)
            ? path
            : throw new UsageException($"{path} does not exist yet. Run `{command}` first, with the same --work.");
}

/// <summary>A mistake of the caller; its message is all that is shown.</summary>
internal sealed class UsageException(string message) : Exception(message);
