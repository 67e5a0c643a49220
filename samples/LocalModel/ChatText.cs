using LLama;
using Microsoft.Extensions.AI;

namespace ZsMlc.Samples.LocalModel;

/// <summary>Messages as the one text that a model reads.</summary>
internal static class ChatText
{
    /// <summary>The messages in the template that the model's file names; as plain paragraphs where it names none.</summary>
    public static string Of(IEnumerable<ChatMessage> messages, LLamaWeights weights)
    {
        if (!weights.Metadata.ContainsKey("tokenizer.chat_template"))
        {
            return Plain(messages);
        }

        var template = new LLamaTemplate(weights) { AddAssistant = true };
        foreach (var message in messages)
        {
            template.Add(message.Role.Value, message.Text);
        }

        return System.Text.Encoding.UTF8.GetString(template.Apply());
    }

    /// <summary>A question and its answer share a line: models that only continue texts follow examples of this kind.</summary>
    private static string Plain(IEnumerable<ChatMessage> messages) =>
        string.Concat(messages.Select(m => m.Role == ChatRole.User ? m.Text + "\n" : m.Role == ChatRole.Assistant ? m.Text + "\n\n" : m.Text + "\n\n"));
}
