using System.Text.Json;
using ZsMlc.MLNet.SyntheticData.Plan;

namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>Writes the accepted images as a COCO instances file: each label is an object as large as the image.</summary>
/// <remarks>
/// File names start from the folder of images. An image's id is its slot plus one; prompt, seed, slot, attempt and a service's model stand beside it,
/// the judge's V beside its labels. Labels that nobody asked for are marked <c>pseudo</c> and have the last categories.
/// </remarks>
internal sealed class CocoManifest
{
    private readonly GenerationPlan plan;
    private readonly IReadOnlyList<string> candidates;
    private readonly Dictionary<string, int> categories = new(StringComparer.Ordinal);
    private int annotations;

    public CocoManifest(GenerationPlan plan, IReadOnlyList<string> candidates)
    {
        (this.plan, this.candidates) = (plan, candidates);
        foreach (var label in plan.Settings.Labels)
        {
            _ = Category(label);
        }
    }

    /// <summary>Writes the file.</summary>
    public void Write(Stream stream, IEnumerable<SlotRecord?> records)
    {
        using var objects = new MemoryStream();
        using var objectWriter = new Utf8JsonWriter(objects, StoreJson.Writer);
        using var writer = new Utf8JsonWriter(stream, StoreJson.Writer);
        objectWriter.WriteStartArray();
        writer.WriteStartObject();
        writer.WriteStartObject("info");
        writer.WriteString("description", $"Synthetic images, {GenerationPlan.Version}, seed {plan.Settings.Seed}");
        writer.WriteEndObject();
        writer.WriteStartArray("images");
        foreach (var record in records)
        {
            if (record is { IsAccepted: true })
            {
                Write(writer, objectWriter, record);
                writer.Flush();
            }
        }

        writer.WriteEndArray();
        objectWriter.WriteEndArray();
        objectWriter.Flush();
        writer.WritePropertyName("annotations");
        writer.WriteRawValue(objects.GetBuffer().AsSpan(0, (int)objects.Length), skipInputValidation: true);
        WriteCategories(writer);
        writer.WriteEndObject();
        writer.Flush();
        stream.WriteByte((byte)'\n');
    }

    private void Write(Utf8JsonWriter writer, Utf8JsonWriter objectWriter, SlotRecord record)
    {
        var attempt = record.Attempts[^1];
        var image = attempt.Image!;
        writer.WriteStartObject();
        writer.WriteNumber("id", record.Slot + 1);
        writer.WriteString("file_name", image.File[(StoreLayout.Images.Length + 1)..]);
        writer.WriteNumber("width", image.Width);
        writer.WriteNumber("height", image.Height);
        writer.WriteString("prompt", attempt.Prompt);
        writer.WriteNumber("seed", attempt.Seed);
        writer.WriteNumber("slot", record.Slot);
        writer.WriteNumber("attempt", record.Attempts.Count - 1);
        if (attempt.Model is { } model)
        {
            writer.WriteString("model", model);
        }

        writer.WriteEndObject();
        foreach (var label in record.Labels)
        {
            WriteObject(objectWriter, record, label, pseudo: false);
        }

        foreach (var label in attempt.PseudoLabels)
        {
            WriteObject(objectWriter, record, label, pseudo: true);
        }
    }

    private void WriteObject(Utf8JsonWriter writer, SlotRecord record, string label, bool pseudo)
    {
        var attempt = record.Attempts[^1];
        var (width, height) = (attempt.Image!.Width, attempt.Image.Height);
        writer.WriteStartObject();
        writer.WriteNumber("id", ++annotations);
        writer.WriteNumber("image_id", record.Slot + 1);
        writer.WriteNumber("category_id", Category(label));
        writer.WriteStartArray("bbox");
        foreach (var value in (ReadOnlySpan<int>)[0, 0, width, height])
        {
            writer.WriteNumberValue(value);
        }

        writer.WriteEndArray();
        writer.WriteNumber("area", (long)width * height);
        writer.WriteNumber("iscrowd", 0);
        if (attempt.Scores.Count > 0 && Score(label, attempt.Scores) is { } score && float.IsFinite(score))
        {
            writer.WriteNumber("score", score);
        }

        if (pseudo)
        {
            writer.WriteBoolean("pseudo", true);
        }

        writer.WriteEndObject();
    }

    private void WriteCategories(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("categories");
        foreach (var (label, id) in categories)
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", id);
            writer.WriteString("name", label);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private int Category(string label)
    {
        if (!categories.TryGetValue(label, out var id))
        {
            categories.Add(label, id = categories.Count + 1);
        }

        return id;
    }

    private float? Score(string label, IReadOnlyList<float> scores)
    {
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates[i] == label)
            {
                return scores[i];
            }
        }

        return null;
    }
}
