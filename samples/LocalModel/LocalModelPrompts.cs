using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.Samples.LocalModel;

/// <summary>Prompts from a language model in a GGUF file: one sentence a call, under a grammar that names the labels.</summary>
public static class LocalModelPrompts
{
    /// <summary>The source; it keeps the model in memory as long as the program runs.</summary>
    /// <param name="path">The GGUF file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no GGUF model that can be loaded.</exception>
    public static PromptSource Create(string path) => Create(new GgufChatClient(path), Path.GetFileName(path));

    /// <summary>The source for a loaded model, which stays the caller's to dispose.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">Its name in the image store's identity.</param>
    public static PromptSource Create(GgufChatClient model, string name) => PromptSource.Chat(model, new ChatPromptOptions
    {
        Model = name,
        SentencesPerCall = 1,
        Grammar = true,
        MaxOutputTokens = 96,
        Temperature = 0.9f,
        Timeout = TimeSpan.FromMinutes(10),
    });
}
