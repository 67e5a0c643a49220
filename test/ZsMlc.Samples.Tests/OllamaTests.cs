using System.Text;
using System.Text.Json;
using OllamaSharp;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.MLNet.Tests.SyntheticData.Prompts;

namespace ZsMlc.Samples.Tests;

/// <summary>Ollama's own client against a server on the loopback interface that speaks its protocol.</summary>
[TestClass]
public sealed class OllamaTests
{
    private const string Captions =
        "{\"captions\":[\"A brown dog sits next to a blue cup in the old kitchen.\",\"A white dog sleeps behind a small cup on a wooden floor.\"]}";

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task GetAsync_OllamaServer_IsAskedForJsonAndGivesItsPrompts()
    {
        var question = "";
        using var server = new ChatServer(request => { question = request; return Reply(Captions); });
        var batch = await AskAsync(server);
        Assert.AreEqual(0, batch.FromTemplates, string.Join('\n', batch.Warnings));
        Assert.AreEqual("A brown dog sits next to a blue cup in the old kitchen.", batch.Prompts[0]);
        using var sent = JsonDocument.Parse(question);
        Assert.AreEqual("object", sent.RootElement.GetProperty("format").GetProperty("type").GetString());
        Assert.AreEqual(4096, sent.RootElement.GetProperty("options").GetProperty("num_predict").GetInt32());
    }

    [TestMethod]
    public async Task GetAsync_OllamaServerEndsForItsLimit_KeepsTheWholeSentences()
    {
        using var server = new ChatServer(_ => Reply(Captions[..90], "length"));
        var batch = await AskAsync(server);
        Assert.AreEqual("A brown dog sits next to a blue cup in the old kitchen.", batch.Prompts[0]);
        StringAssert.Contains(batch.Warnings[0], "ChatPromptOptions.MaxOutputTokens");
    }

    [TestMethod]
    public async Task GetAsync_OllamaServerHasNoSuchModel_TellsSo()
    {
        using var server = new ChatServer(_ => new ChatServer.Answer(404, "application/json", "{\"error\":\"model 'tiny' not found\"}"));
        var batch = await AskAsync(server);
        Assert.AreEqual(2, batch.FromTemplates);
        StringAssert.Contains(batch.Warnings[0], "failed");
        StringAssert.Contains(batch.Warnings[0], "no such address or model");
    }

    private async Task<PromptBatch> AskAsync(ChatServer server)
    {
        using var client = new OllamaApiClient(new Uri(server.Endpoint, "/"), "tiny");
        var source = PromptSource.Chat(client, new ChatPromptOptions { MaxAttempts = 1, FirstDelay = TimeSpan.Zero });
        return await source.GetAsync(new PromptRequest(["dog", "cup"], 2, LabelNames.Default), TestContext.CancellationToken);
    }

    /// <summary>One JSON object a line, as Ollama streams.</summary>
    private static ChatServer.Answer Reply(string text, string reason = "stop")
    {
        var body = new StringBuilder();
        foreach (var piece in text.Chunk(20))
        {
            Append(body, new string(piece), done: false, null);
        }

        Append(body, "", done: true, reason);
        return new(200, "application/x-ndjson", body.ToString());
    }

    private static void Append(StringBuilder body, string content, bool done, string? reason) => body.Append(JsonSerializer.Serialize(new
    {
        model = "tiny", created_at = "2026-01-01T00:00:00Z", message = new { role = "assistant", content }, done, done_reason = reason,
    })).Append('\n');
}
