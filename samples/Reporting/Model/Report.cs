namespace ZsMlc.Samples.Reporting;

/// <summary>Everything that <see cref="ReportWriter"/> shows. Sections without content are left out.</summary>
public sealed record Report
{
    public required string Title { get; init; }

    /// <summary>The result in one or two sentences, shown large.</summary>
    public required string Headline { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>A few figures for the top of the page.</summary>
    public IReadOnlyList<Highlight> Highlights { get; init; } = [];

    /// <summary>The compared methods, the main one first: its colour leads in every chart.</summary>
    public IReadOnlyList<MethodResult> Methods { get; init; } = [];

    /// <summary>What the rows of <see cref="Methods"/> were measured on.</summary>
    public string MeasuredOn { get; init; } = "";

    public IReadOnlyList<LabelAcceptance> Acceptance { get; init; } = [];

    public IReadOnlyList<GeneratedPicture> Pictures { get; init; } = [];

    /// <summary>One chart each, for example the loss and the validation accuracy.</summary>
    public IReadOnlyList<LineChart> Training { get; init; } = [];

    /// <summary>Average precision of each label, one value for each of <see cref="Methods"/>, in percent.</summary>
    public IReadOnlyList<LabelPrecision> Labels { get; init; } = [];

    /// <summary>One panel each, for example all labels together and then single ones.</summary>
    public IReadOnlyList<LineChart> PrecisionRecall { get; init; } = [];

    /// <summary>Scores against the share of them that is right.</summary>
    public IReadOnlyList<LineChart> Reliability { get; init; } = [];

    public IReadOnlyList<TaggedPicture> Tagged { get; init; } = [];

    public IReadOnlyList<RunStep> Steps { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];
}

/// <summary>A figure at the top of the page, such as ("74.1", "mAP on unseen labels", "+5.3 over CLIP alone").</summary>
public sealed record Highlight(string Value, string Caption, string Detail = "");

/// <summary>A step of the run and how long it took.</summary>
public sealed record RunStep(string Name, TimeSpan Duration, string Detail = "");
