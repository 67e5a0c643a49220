using System.Text.Json;
using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts.Reading;

/// <summary>The sentences of an answer in JSON: an array of texts, of objects, an object that holds one, a line for each, or the whole part of one that was cut off.</summary>
internal static partial class JsonAnswer
{
    private const int FewestWords = 4;

    /// <summary>Texts of several words, in their order; empty where the answer is no JSON.</summary>
    public static IReadOnlyList<string> Strings(string text)
    {
        // Markdown's fences and talk stand around it; a picture's description has no bracket in front of a quotation mark.
        var start = Start().Match(text);
        if (!start.Success)
        {
            return [];
        }

        List<string> found = [];
        foreach (var piece in Pieces(text[start.Index..]))
        {
            found.AddRange(Parsed(piece) ?? Whole(piece));
        }

        return found;
    }

    /// <summary>One JSON text, or one a line.</summary>
    private static IEnumerable<string> Pieces(string text)
    {
        var end = text.LastIndexOfAny([']', '}']);
        var json = end < 0 ? text : text[..(end + 1)];
        return Parsed(json) is null && json.Split('\n') is var lines && lines.Count(l => Parsed(l) is not null) >= 2 ? lines : [json];
    }

    private static List<string>? Parsed(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json.Trim(), new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            List<string> found = [];
            Collect(document.RootElement, found);
            return found;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Collect(JsonElement element, List<string> found)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    Collect(item, found);
                }

                break;
            // A schema in place of an answer.
            case JsonValueKind.Object when element.TryGetProperty("properties", out _) && element.TryGetProperty("type", out _):
                break;
            case JsonValueKind.Object:
                // Where a property is named as the sentence, the others describe it.
                var named = element.EnumerateObject().Where(p => Sentences().IsMatch(p.Name)).ToList();
                foreach (var property in named.Count > 0 ? named : [.. element.EnumerateObject().Where(p => !Thoughts().IsMatch(p.Name))])
                {
                    Collect(property.Value, found);
                }

                break;
            case JsonValueKind.String when element.GetString() is { } text && HasWords(text):
                found.Add(text);
                break;
        }
    }

    /// <summary>The texts that have both their quotation marks.</summary>
    private static IEnumerable<string> Whole(string json) =>
        Quoted().Matches(json).Concat(SingleQuoted().Matches(json)).Select(m => m.Groups[1].Value.Replace("\\\"", "\"", StringComparison.Ordinal)).Where(HasWords);

    private static bool HasWords(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length >= FewestWords;

    [GeneratedRegex(@"^[ \t]*(?:\w+\s*=\s*)?(?:\[\s*(?:['""]|\{|\[)|\{\s*['""])", RegexOptions.Multiline)]
    private static partial Regex Start();

    [GeneratedRegex(@"""((?:[^""\\\n]|\\.)*)""(?=\s*[,\]}\n])")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^(?:captions?|texts?|descriptions?|sentences?|prompts?|answers?|outputs?)$", RegexOptions.IgnoreCase)]
    private static partial Regex Sentences();

    // As Python writes a list.
    [GeneratedRegex(@"(?<=[\[,:{]\s*)'((?:[^'\\\n]|\\.|'(?=\w))*)'(?=\s*[,\]}\n])")]
    private static partial Regex SingleQuoted();

    [GeneratedRegex(@"^(?:think|thought|reason|analysis|explanation|rationale|note|comment|error|message|code|refusal|model|instruction|question|request|task|label|title|type)", RegexOptions.IgnoreCase)]
    private static partial Regex Thoughts();
}
