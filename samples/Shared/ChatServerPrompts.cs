using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using OpenAI;
using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.Samples;

/// <summary>Prompts from an OpenAI-compatible chat server: OpenAI itself, Ollama, vLLM, LM Studio and others.</summary>
internal static class ChatServerPrompts
{
    /// <param name="server">Its address, such as http://localhost:11434/v1.</param>
    /// <param name="model">The server's name of the model.</param>
    /// <param name="keyVariable">The environment variable that holds the key, if the server wants one.</param>
    /// <exception cref="ArgumentException">The address is not one.</exception>
    public static PromptSource Create(string server, string model, string keyVariable)
    {
        if (!Uri.TryCreate(server, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"--server is '{server}', but must be an address such as http://localhost:11434/v1.");
        }

        // Local servers want no key, but the client insists on one.
        var key = Environment.GetEnvironmentVariable(keyVariable) is { Length: > 0 } found ? found : "none";
        // The source asks again itself, and knows what to make of a server that wants to be left alone for long.
        var client = new OpenAIClient(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = address, RetryPolicy = new ClientRetryPolicy(maxRetries: 0) });
        return PromptSource.Chat(client.GetChatClient(model).AsIChatClient(), new ChatPromptOptions { Model = model });
    }
}
