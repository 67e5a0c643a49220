using ZsMlc.MLNet.SyntheticData.Prompts.Words;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>What a photograph is like besides what it shows.</summary>
/// <param name="View">Viewpoint and style: "A close-up photo of".</param>
/// <param name="Kind">An adjective of the first object with a blank behind it, or nothing.</param>
/// <param name="Place">"on a snowy hillside".</param>
/// <param name="Light">Light, weather or season: "at dawn".</param>
/// <param name="Relation">How the objects stand: "next to"; empty for a single one.</param>
internal readonly record struct PromptScene(string View, string Kind, string Place, string Light, string Relation)
{
    /// <summary>Whether such a picture of the labels makes sense: no bus in a kitchen.</summary>
    public bool Fits(IReadOnlyList<string> labels) => SceneWords.Fit(Place, Light, Relation, labels);

    /// <summary>The scene as a sentence that names every label.</summary>
    public string Sentence(IReadOnlyList<string> labels)
    {
        var subject = NounForms.WithArticle(labels[0], Kind);
        if (labels.Count > 1)
        {
            subject += $" {Relation} {string.Join(" and ", labels.Skip(1).Select(label => NounForms.WithArticle(label)))}";
        }

        return $"{View} {subject} {Place} {Light}.";
    }
}
