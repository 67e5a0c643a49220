namespace ZsMlc.MLNet.Filtering;

[TestClass]
public sealed class ClipFilterOptionsTests
{
    private static readonly ClipFilterOptions s_good = new() { Labels = LabelSet.Create(["cat", "dog"], ["bus", "cup"]), Clip = "clip" };

    public static IEnumerable<(string, ClipFilterOptions)> Bad =>
    [
        ("Labels", s_good with { Labels = null! }),
        ("Clip", s_good with { Clip = " " }),
        ("Template", s_good with { Template = "a photo" }),
        ("Threshold", s_good with { Threshold = 1.1f }),
        ("Threshold", s_good with { Threshold = float.NaN }),
        ("PseudoLabelThreshold", s_good with { PseudoLabelThreshold = -0.1f }),
        ("BatchSize", s_good with { BatchSize = 0 }),
        ("MaximumPixels", s_good with { MaximumPixels = 0 }),
        ("Hierarchy", s_good with { Hierarchy = null! }),
        ("ScoresColumn", s_good with { ScoresColumn = "" }),
        ("LabelColumn", s_good with { LabelColumn = "" }),
        ("'zebra'", s_good with { Candidates = ["bus", "zebra"] }),
        ("'bus' twice", s_good with { Candidates = ["bus", "bus"] }),
        ("two or more", s_good with { Candidates = ["bus"] }),
        ("two or more", s_good with { Labels = LabelSet.Create(["cat"], ["bus"]) }),
    ];

    [TestMethod]
    [DynamicData(nameof(Bad))]
    public void Validate_BadValue_NamesTheOption(string named, ClipFilterOptions options) =>
        Assert.Contains(named, Assert.Throws<ArgumentException>(options.Validate).Message);

    [TestMethod]
    public void Validate_GoodValues_Pass()
    {
        s_good.Validate();
        (s_good with { Candidates = s_good.Labels.All, Threshold = 0, PseudoLabelThreshold = 1, Template = "a photo of a {0}." }).Validate();
    }
}
