using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using OpenAI;
using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.MLNet.Tests.SyntheticData.Prompts;

/// <summary>The real OpenAI client against a server on the loopback interface.</summary>
[TestClass]
public sealed class ChatPromptSourceTests
{
    private static readonly PromptRequest DogAndCup = new(["dog", "cup"], 3, LabelNames.Default);

    private static readonly string Good = string.Join('\n', Enumerable.Range(1, 3).Select(i =>
        $"{i}. A brown dog sits next to a blue cup in kitchen number {i} today."));

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task GetAsync_GoodServer_GivesItsPrompts()
    {
        var question = "";
        using var server = new ChatServer(request => { question = request; return ChatServer.Stream("Sure! Here are 3:\n" + Good); });
        var batch = await Ask(server.Endpoint);
        Assert.HasCount(3, batch.Prompts);
        Assert.AreEqual("A brown dog sits next to a blue cup in kitchen number 1 today.", batch.Prompts[0]);
        Assert.AreEqual(0, batch.FromTemplates);
        Assert.IsEmpty(batch.Warnings);
        Assert.AreEqual(1, server.Requests);
        StringAssert.Contains(question, "a dog next to a cup");
    }

    [TestMethod]
    public async Task GetAsync_ServerWithoutStreaming_GivesItsPrompts()
    {
        using var server = new ChatServer(_ => ChatServer.Whole(Good));
        var batch = await Ask(server.Endpoint, o => o.Streaming = false);
        Assert.AreEqual(0, batch.FromTemplates);
    }

    [TestMethod]
    public async Task GetAsync_LabelsMissingAtFirst_AsksAgainForTheRest()
    {
        using var server = new ChatServer(
            _ => ChatServer.Stream("1. A brown dog sits next to a blue cup in the old kitchen.\n2. A lonely dog in a very large and very empty old house."),
            _ => ChatServer.Stream(Good));
        var batch = await Ask(server.Endpoint);
        Assert.AreEqual(2, server.Requests);
        Assert.HasCount(3, batch.Prompts);
        Assert.AreEqual(1, batch.Rejected);
        Assert.AreEqual(0, batch.FromTemplates);
    }

    [TestMethod]
    public async Task GetAsync_ServerErrorsThenRecovers_GivesItsPrompts()
    {
        using var server = new ChatServer(_ => new ChatServer.Answer(500, "text/plain", "no"), _ => ChatServer.Stream(Good));
        var batch = await Ask(server.Endpoint);
        Assert.AreEqual(0, batch.FromTemplates);
        Assert.AreEqual(2, server.Requests);
    }

    [TestMethod]
    public async Task GetAsync_ServerDown_FallsBackWithWarningAndCount()
    {
        Uri endpoint;
        using (var gone = new ChatServer(_ => ChatServer.Stream(Good)))
        {
            endpoint = gone.Endpoint;
        }

        AssertTemplates(await Ask(endpoint), "failed");
    }

    [TestMethod]
    public async Task GetAsync_ServerTooSlow_TimesOut()
    {
        using var server = new ChatServer(_ => ChatServer.Stream(Good) with { Delay = TimeSpan.FromSeconds(30) });
        AssertTemplates(await Ask(server.Endpoint, o => o.Timeout = TimeSpan.FromMilliseconds(150)), "ChatPromptOptions.Timeout");
    }

    [TestMethod]
    public async Task GetAsync_ServerStallsInItsAnswer_KeepsTheSentencesThatCame()
    {
        using var server = new ChatServer(_ => ChatServer.Stream(Good) with { StallsHalfway = true });
        var batch = await Ask(server.Endpoint, o => o.Timeout = TimeSpan.FromMilliseconds(500));
        Assert.AreEqual("A brown dog sits next to a blue cup in kitchen number 1 today.", batch.Prompts[0]);
        Assert.AreEqual(2, batch.FromTemplates);
        StringAssert.Contains(batch.Warnings[0], "broke off");
        StringAssert.Contains(batch.Warnings[0], "ChatPromptOptions.Timeout");
        Assert.AreEqual(2, server.Requests);
    }

    [TestMethod]
    public async Task GetAsync_ServerRefusesTheKey_FallsBackAndTellsTheStatus()
    {
        using var server = new ChatServer(_ => new ChatServer.Answer(401, "application/json", "{\"error\":{\"message\":\"wrong key\"}}"));
        AssertTemplates(await Ask(server.Endpoint), "401");
        Assert.AreEqual(1, server.Requests, "A wrong key stays wrong.");
    }

    [TestMethod]
    public async Task GetAsync_ModelUnknown_IsNotAskedAgain()
    {
        using var server = new ChatServer(_ => new ChatServer.Answer(404, "application/json", "{\"error\":{\"message\":\"model 'm' not found\"}}"));
        AssertTemplates(await Ask(server.Endpoint), "knows no such address or model");
        Assert.AreEqual(1, server.Requests);
    }

    [TestMethod]
    public async Task GetAsync_RetryAfterBeyondTheTimeOut_IsNotWaitedFor()
    {
        using var server = new ChatServer(_ => new ChatServer.Answer(429, "application/json", "{\"error\":{\"message\":\"slow down\"}}") { Header = "Retry-After: 3600\r\n" });
        AssertTemplates(await Ask(server.Endpoint), "asks to wait 3600 s (Retry-After), longer than ChatPromptOptions.Timeout");
        Assert.AreEqual(1, server.Requests);
    }

    [TestMethod]
    public async Task GetAsync_RetryAfterWithinTheTimeOut_IsWaitedFor()
    {
        using var server = new ChatServer(
            _ => new ChatServer.Answer(429, "application/json", "{}") { Header = "Retry-After: 1\r\n" }, _ => ChatServer.Stream(Good));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.AreEqual(0, (await Ask(server.Endpoint)).FromTemplates);
        Assert.IsGreaterThanOrEqualTo(TimeSpan.FromSeconds(0.9), watch.Elapsed);
    }

    [TestMethod]
    [DataRow("length", "ChatPromptOptions.MaxOutputTokens")]
    [DataRow("content_filter", "content filter ended")]
    public async Task GetAsync_AnswerEndedByTheService_KeepsItsWholeSentencesAndSaysWhy(string finish, string reason)
    {
        using var server = new ChatServer(_ => ChatServer.Stream("A brown dog sits next to a blue cup in the old kitchen.\nA white dog sleeps next to a blue cup on the", finish: finish));
        var batch = await Ask(server.Endpoint, o => o.MaxAttempts = 1);
        Assert.AreEqual("A brown dog sits next to a blue cup in the old kitchen.", batch.Prompts[0]);
        Assert.AreEqual(2, batch.FromTemplates);
        StringAssert.Contains(batch.Warnings[0], reason);
    }

    [TestMethod]
    public async Task GetAsync_ThoughtsUseUpAllTokens_SaysWhatHelps()
    {
        using var server = new ChatServer(_ => ChatServer.Stream("", finish: "length"));
        AssertTemplates(await Ask(server.Endpoint), "a model that thinks first needs more");
    }

    [TestMethod]
    public async Task GetAsync_UnknownReasonOfTheEnd_KeepsTheSentencesAndNamesIt()
    {
        using var server = new ChatServer(_ => ChatServer.Stream(Good.Split('\n')[0], finish: "moonshine"));
        var batch = await Ask(server.Endpoint, o => o.MaxAttempts = 1);
        Assert.AreEqual(2, batch.FromTemplates);
        StringAssert.Contains(batch.Warnings[0], "moonshine");
    }

    [TestMethod]
    public async Task GetAsync_EmptyAnswer_SaysSo()
    {
        using var server = new ChatServer(_ => ChatServer.Stream("", finish: "stop"));
        AssertTemplates(await Ask(server.Endpoint), "The last answer was empty.");
    }

    [TestMethod]
    [DataRow("application/json", "{\"error\":{\"message\":\"overloaded\",\"code\":503}}")]
    [DataRow("text/event-stream", "data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n")]
    [DataRow("text/html", "<html><body>Please log in.</body></html>")]
    public async Task GetAsync_NoAnswerOfAModelWithStatus200_SaysSo(string contentType, string body)
    {
        using var server = new ChatServer(_ => new ChatServer.Answer(200, contentType, body));
        AssertTemplates(await Ask(server.Endpoint), "nothing that a model said");
    }

    [TestMethod]
    public async Task GetAsync_WebPageInPlaceOfAWholeAnswer_SaysSo()
    {
        using var server = new ChatServer(_ => new ChatServer.Answer(200, "text/html", "<html><body>Please log in.</body></html>"));
        AssertTemplates(await Ask(server.Endpoint, o => o.Streaming = false), "a web page came in place of an answer");
    }

    [TestMethod]
    public async Task GetAsync_ServiceWithForms_IsAskedForJson()
    {
        var question = "";
        using var server = new ChatServer(request =>
        {
            question = request;
            return ChatServer.Stream("{\"captions\":[\"A brown dog sits next to a blue cup in the old kitchen.\",\"A white dog sleeps behind a small cup on a wooden floor.\",\"Three cups stand on a wall above a dog that runs past.\"]}");
        });
        Assert.AreEqual(0, (await Ask(server.Endpoint)).FromTemplates);
        StringAssert.Contains(question, "json_schema");
        Assert.AreEqual(1, server.Requests);
    }

    [TestMethod]
    public async Task GetAsync_ServiceRefusesForms_IsAskedShortQuestionsFromThenOn()
    {
        var questions = new List<string>();
        ChatServer.Answer Reply(string request)
        {
            questions.Add(request);
            return request.Contains("json_schema", StringComparison.Ordinal)
                ? new ChatServer.Answer(400, "application/json", "{\"error\":{\"message\":\"response_format is not supported\"}}")
                : ChatServer.Stream(Good);
        }

        using var server = new ChatServer(Reply);
        var source = Source(server.Endpoint);
        Assert.AreEqual(0, (await source.GetAsync(DogAndCup, TestContext.CancellationToken)).FromTemplates);
        Assert.AreEqual(0, (await source.GetAsync(DogAndCup, TestContext.CancellationToken)).FromTemplates);
        Assert.HasCount(3, questions);
        StringAssert.Contains(questions[1], "3. Objects: dog, cup.");
        StringAssert.Contains(questions[2], "Objects: dog, cup.");
    }

    [TestMethod]
    public async Task GetAsync_OneSentenceACall_AsksForAnotherSceneEachTime()
    {
        var scenes = new List<string>();
        ChatServer.Answer Reply(string request)
        {
            scenes.Add(request[request.LastIndexOf("Objects:", StringComparison.Ordinal)..]);
            return ChatServer.Stream($"A brown dog sits next to a blue cup in kitchen number {scenes.Count} today.");
        }

        using var server = new ChatServer(Reply);
        Assert.AreEqual(0, (await Ask(server.Endpoint, o => o.SentencesPerCall = 1)).FromTemplates);
        Assert.HasCount(3, scenes.Distinct().ToList());
        var first = scenes.ToArray();
        scenes.Clear();
        await Ask(server.Endpoint, o => o.SentencesPerCall = 1);
        CollectionAssert.AreEqual(first, scenes, "The seed draws the scenes.");
    }

    [TestMethod]
    public async Task GetAsync_ModelRepeatsAnExample_IsNotUsed()
    {
        using var server = new ChatServer(_ => ChatServer.Stream("A chestnut dog grazes next to a rusty blue cup behind a stone farmhouse on a misty morning."));
        AssertTemplates(await Ask(server.Endpoint, o => o.SentencesPerCall = 1), "repeat the question");
    }

    [TestMethod]
    [DataRow(0, false)]
    [DataRow(4, false)]
    [DataRow(null, true)]
    public void Chat_ShortQuestionsOutOfRange_NamesTheOption(int? sentences, bool grammar)
    {
        using var client = new OpenAIClient("key").GetChatClient("m").AsIChatClient();
        var e = Assert.Throws<ArgumentException>(() => PromptSource.Chat(client, new ChatPromptOptions { SentencesPerCall = sentences, Grammar = grammar }));
        StringAssert.Contains(e.Message, nameof(ChatPromptOptions.SentencesPerCall));
    }

    [TestMethod]
    public async Task GetAsync_CallsFail_PausesLongerEachTime()
    {
        using var server = new ChatServer(_ => new ChatServer.Answer(500, "text/plain", "no"));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        AssertTemplates(await Ask(server.Endpoint, o => (o.MaxAttempts, o.FirstDelay) = (3, TimeSpan.FromMilliseconds(60))), "500");
        Assert.AreEqual(3, server.Requests);
        Assert.IsGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(170), watch.Elapsed);
    }

    [TestMethod]
    [DataRow("text/html", "<html><body><h1>502</h1>a dog next to a cup in a big warm kitchen today</body></html>")]
    [DataRow("text/event-stream", "data: {{{ rubbish\n\n")]
    [DataRow("application/json", "{\"choices\": 7}")]
    [DataRow("application/octet-stream", "\0\u0001\u0002")]
    [DataRow("text/event-stream", "")]
    [DataRow("application/json", "")]
    public async Task GetAsync_ServerAnswersRubbish_FallsBack(string contentType, string body)
    {
        using var server = new ChatServer(_ => new ChatServer.Answer(200, contentType, body));
        AssertTemplates(await Ask(server.Endpoint), "");
    }

    [TestMethod]
    public async Task GetAsync_ModelTalksNonsense_FallsBack()
    {
        using var server = new ChatServer(_ => ChatServer.Stream("I'm sorry, as an AI I cannot show a dog next to a cup in any photograph."));
        AssertTemplates(await Ask(server.Endpoint), "usable lines");
    }

    [TestMethod]
    public async Task GetAsync_TenMegabyteAnswer_IsCutOffAndItsStartUsed()
    {
        var huge = Good + "\n" + new string('x', 10_000_000);
        using var server = new ChatServer(_ => ChatServer.Stream(huge, chunk: 4000));
        var batch = await Ask(server.Endpoint);
        Assert.AreEqual(0, batch.FromTemplates);
        Assert.HasCount(3, batch.Prompts);
    }

    [TestMethod]
    public async Task GetAsync_TenMegabytesInOnePiece_AreCutOffAndTheirStartUsed()
    {
        var huge = Good + "\n" + new string('x', 10_000_000);
        using var server = new ChatServer(_ => ChatServer.Stream(huge, huge.Length), _ => ChatServer.Whole(huge));
        Assert.AreEqual(0, (await Ask(server.Endpoint)).FromTemplates);
        Assert.AreEqual(0, (await Ask(server.Endpoint, o => o.Streaming = false)).FromTemplates);
        Assert.AreEqual(2, server.Requests);
    }

    [TestMethod]
    public async Task GetAsync_TenMegabytesOfHtml_FallsBack()
    {
        using var server = new ChatServer(_ => new ChatServer.Answer(200, "text/html", "<html>" + new string('x', 10_000_000)));
        AssertTemplates(await Ask(server.Endpoint), "");
    }

    [TestMethod]
    public async Task GetAsync_DownForSeveralSets_StopsAsking()
    {
        using var server = new ChatServer(_ => new ChatServer.Answer(500, "text/plain", "no"));
        var source = Source(server.Endpoint, o => { o.MaxAttempts = 1; o.MaxFailedSets = 2; });
        for (var i = 0; i < 5; i++)
        {
            AssertTemplates(await source.GetAsync(DogAndCup, TestContext.CancellationToken), "");
        }

        Assert.AreEqual(2, server.Requests);
    }

    [TestMethod]
    public async Task GetAsync_UnusableAnswersForSeveralSets_KeepsAsking()
    {
        using var server = new ChatServer(_ => ChatServer.Stream("A lonely dog in a very large and very empty old house."));
        var source = Source(server.Endpoint, o => { o.MaxAttempts = 1; o.MaxFailedSets = 2; });
        for (var i = 0; i < 4; i++)
        {
            AssertTemplates(await source.GetAsync(DogAndCup, TestContext.CancellationToken), "usable lines");
        }

        Assert.AreEqual(4, server.Requests);
    }

    [TestMethod]
    public async Task GetAsync_Cancelled_Throws()
    {
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        using var server = new ChatServer(_ => ChatServer.Stream(Good) with { Delay = TimeSpan.FromSeconds(30) });
        await Assert.ThrowsAsync<OperationCanceledException>(() => Source(server.Endpoint).GetAsync(DogAndCup, cancelled.Token));
    }

    [TestMethod]
    public void Chat_NoAttempts_NamesTheOption()
    {
        using var client = new OpenAIClient("key").GetChatClient("m").AsIChatClient();
        var e = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PromptSource.Chat(client, new ChatPromptOptions { MaxAttempts = 0 }));
        StringAssert.Contains(e.Message, nameof(ChatPromptOptions.MaxAttempts));
    }

    private static void AssertTemplates(PromptBatch batch, string reason)
    {
        Assert.HasCount(3, batch.Prompts);
        Assert.AreEqual(3, batch.FromTemplates);
        Assert.HasCount(1, batch.Warnings);
        StringAssert.Contains(batch.Warnings[0], "3 of 3 are templates");
        StringAssert.Contains(batch.Warnings[0], reason);
    }

    private async Task<PromptBatch> Ask(Uri endpoint, Action<ChatPromptOptions>? change = null) =>
        await Source(endpoint, change).GetAsync(DogAndCup, TestContext.CancellationToken);

    private static PromptSource Source(Uri endpoint, Action<ChatPromptOptions>? change = null)
    {
        var options = new ChatPromptOptions { FirstDelay = TimeSpan.Zero, MaxAttempts = 2 };
        change?.Invoke(options);
        var client = new OpenAIClient(new ApiKeyCredential("key"), new OpenAIClientOptions
        {
            Endpoint = endpoint,
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
        });
        return PromptSource.Chat(client.GetChatClient("m").AsIChatClient(), options);
    }
}
