using System.Text.Json;
using Microsoft.Extensions.AI;
using ZsMlc.MLNet.SyntheticData.Prompts.Words;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Asks for all sentences at once, as models of many billion parameters can be asked.</summary>
internal static class ListQuestion
{
    private const string Instructions = "You write captions of photographs. Answer with captions only: one sentence a line, without numbering, quotation marks, headings or remarks.";

    private static readonly JsonElement s_schema = JsonElement.Parse(
        """
        {
          "type": "object",
          "properties": { "captions": { "type": "array", "items": { "type": "string" }, "description": "One sentence each." } },
          "required": ["captions"],
          "additionalProperties": false
        }
        """);

    /// <summary>The question; with a JSON schema for its answer where <paramref name="structured"/>.</summary>
    public static ChatQuestion Of(IReadOnlyList<string> labels, int count, int minimumWords, bool structured) => new(
        [new(ChatRole.System, Instructions), new(ChatRole.User, Question(labels, count, minimumWords))],
        structured ? ChatResponseFormat.ForJsonSchema(s_schema, "captions", "Captions of photographs.") : null);

    /// <summary>All that the model is told, to know its echo.</summary>
    public static string Text(IReadOnlyList<string> labels, int count, int minimumWords) => $"{Instructions} {Question(labels, count, minimumWords)}";

    private static string Question(IReadOnlyList<string> labels, int count, int minimumWords)
    {
        var scene = string.Join(" next to ", labels.Select(label => NounForms.WithArticle(label)));
        var names = string.Join(" and ", labels.Select(label => $"\"{label}\""));
        return $"Write {count} different one-sentence descriptions of a photograph that shows {scene}. "
            + $"Each has at least {minimumWords} words, contains the {(labels.Count == 1 ? "word" : "words")} {names} literally, "
            + "and differs from the others in place, viewpoint, light and appearance.";
    }
}
