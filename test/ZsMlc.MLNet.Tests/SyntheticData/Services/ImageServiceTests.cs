using ZsMlc.MLNet.Images;
using static ZsMlc.MLNet.SyntheticData.Services.ImageServer;

namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>The real OpenAI client against a server on the loopback interface.</summary>
[TestClass]
public sealed class ImageServiceTests
{
    private static readonly ImageServiceOptions s_options = new() { Side = 32, StoredSide = 16, MaxTries = 3, FirstDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromSeconds(5) };

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("A red dog.")]
    [DataRow("A blue dog.")]
    public async Task AskAsync_Picture_ComesByAddressOrInTheAnswerAndIsReduced(string prompt)
    {
        await using var server = await StartAsync();

        var answer = await Ask(server, prompt: prompt);

        Assert.IsNull(answer.Refusal);
        Assert.AreEqual((16, 16), (answer.Image!.Width, answer.Image.Height));
        CollectionAssert.AreEqual(AnsweredImage.Read(Picture(prompt), 16).Pixels, answer.Image.Pixels);
        StringAssert.Contains(server.Requests.Single().Body, "\"size\":\"32x32\"");
        StringAssert.Contains(server.Requests.Single().Body, "\"model\":\"painter-1\"");
    }

    [TestMethod]
    public async Task AskAsync_PassingFaults_AreOutlasted()
    {
        foreach (var (name, fault) in new (string, Func<ImageServer, Answer>)[]
        {
            ("busy", _ => Busy("0")),
            ("busy until a date", _ => Busy(DateTimeOffset.UtcNow.ToString("r"))),
            ("broken", _ => Failure(500, "server_error", "The server had an error.")),
            ("overloaded", _ => new(503, "text/html", "<html>Overloaded</html>"u8.ToArray())),
            ("no JSON", _ => new(200, "text/html", "<html>Sign in, please.</html>"u8.ToArray())),
            ("no image", _ => Base64("<svg/>"u8.ToArray())),
            ("half an image", _ => Base64(Picture("A red dog.")[..100])),
            ("empty image", _ => Base64([])),
            ("no data", _ => Json(new { created = 1, data = Array.Empty<object>() })),
            ("too small", _ => Base64(Picture("A red dog.", side: 8))),
            ("too long", _ => Base64(new byte[100_000])),
            ("lost picture", server => server.ByAddress("lost")),
            ("late", _ => Base64(Picture("A red dog.")) with { Delay = TimeSpan.FromSeconds(30) }),
        })
        {
            await using var server = await StartAsync();
            server.Fault = (number, _) => number < 2 ? fault(server) : null;

            var answer = await Ask(server, s_options with { MaxAnswerBytes = 50_000, Timeout = TimeSpan.FromSeconds(name == "late" ? 0.3 : 20) });

            Assert.IsNotNull(answer.Image, name);
            Assert.HasCount(3, server.Requests, name);
        }
    }

    [TestMethod]
    public async Task AskAsync_FaultsThatDoNotPass_AreToldAfterTheLastTry()
    {
        foreach (var (expected, fault) in new (string, Answer)[]
        {
            ("The server had an error", Failure(500, "server_error", "The server had an error.")),
            ("the answer is no image", Base64("<svg/>"u8.ToArray())),
            ("the answer has 8 x 8 pixels; expected 16 or more on each side (ImageServiceOptions.StoredSide)", Base64(Picture("A red dog.", side: 8))),
            ("no answer within 0.2 s (ImageServiceOptions.Timeout)", Base64([]) with { Delay = TimeSpan.FromSeconds(30) }),
        })
        {
            await using var server = await StartAsync((_, _) => fault);

            var e = await Assert.ThrowsExactlyAsync<ImageServiceException>(() => Ask(server, s_options with { Timeout = TimeSpan.FromSeconds(fault.Delay > TimeSpan.Zero ? 0.2 : 20) }));

            StringAssert.Contains(e.Message, expected);
            StringAssert.Contains(e.Message, "(the last of 3 tries)");
            StringAssert.Contains(e.Message, $"painter-1 of openai at {server.Endpoint}");
            Assert.HasCount(3, server.Requests, expected);
        }
    }

    [TestMethod]
    [DataRow(401, "invalid_api_key")]
    [DataRow(403, "unsupported_country")]
    [DataRow(404, "model_not_found")]
    [DataRow(400, "invalid_size")]
    [DataRow(429, "insufficient_quota")]
    public async Task AskAsync_FaultThatAskingAgainCannotMend_IsToldAtOnce(int status, string code)
    {
        await using var server = await StartAsync((_, _) => Failure(status, code, "This cannot be."));

        var e = await Assert.ThrowsExactlyAsync<ImageServiceException>(() => Ask(server));

        StringAssert.Contains(e.Message, code);
        Assert.HasCount(1, server.Requests);
    }

    [TestMethod]
    [DataRow(400, "moderation_blocked", "Your request was rejected by the safety system.")]
    [DataRow(400, "content_policy_violation", "Not allowed.")]
    [DataRow(400, "contentFilter", "Your task failed as a result of our safety system.")]
    [DataRow(422, "request_moderated", "Request was moderated.")]
    public async Task AskAsync_ContentFilter_IsARefusalAndNoFault(int status, string code, string message)
    {
        await using var server = await StartAsync((_, _) => Failure(status, code, message));

        var answer = await Ask(server);

        Assert.IsNull(answer.Image);
        StringAssert.Contains(answer.Refusal, message);
        Assert.HasCount(1, server.Requests);
    }

    [TestMethod]
    public async Task AskAsync_RefusalInOtherWords_IsKnownByTheOption()
    {
        await using var server = await StartAsync((_, _) => Failure(400, "nope", "We do not paint dogs."));

        var answer = await Ask(server, s_options with { IsRefusal = e => e.Message.Contains("We do not paint", StringComparison.Ordinal) });

        StringAssert.Contains(answer.Refusal, "We do not paint dogs.");
    }

    [TestMethod]
    public async Task AskAsync_LongRetryAfter_EndsAndSaysHowLong()
    {
        await using var server = await StartAsync((_, _) => Busy("3600"));

        var e = await Assert.ThrowsExactlyAsync<ImageServiceException>(() => Ask(server));

        StringAssert.Contains(e.Message, "asks to wait for 3600 s, longer than ImageServiceOptions.MaxDelay (5 s)");
        Assert.HasCount(1, server.Requests);
    }

    [TestMethod]
    public async Task AskAsync_RetryAfter_HoldsAllRequestsBack()
    {
        List<long> asked = [];
        await using var server = await StartAsync();
        server.Fault = (number, _) =>
        {
            lock (asked)
            {
                asked.Add(Environment.TickCount64);
            }

            return number == 0 ? Busy("1") : null;
        };
        var service = Service(server, s_options);
        var first = service.AskAsync(new("A dog.", "", 1), default, TestContext.CancellationToken);
        while (asked.Count == 0)
        {
            await Task.Delay(1, TestContext.CancellationToken);
        }

        // The answer that asks for the pause has come when the second request is given.
        await Task.Delay(200, TestContext.CancellationToken);
        await Task.WhenAll(first, service.AskAsync(new("A cat.", "", 1), default, TestContext.CancellationToken));

        Assert.HasCount(3, asked);
        Assert.IsGreaterThanOrEqualTo(900, asked[1] - asked[0], "Nothing is asked within the second.");
    }

    [TestMethod]
    public async Task AskAsync_ManyRequests_AreNoMoreThanAllowedAtOnce()
    {
        var (running, most, gate) = (0, 0, new Lock());
        var service = new ImageService(new("p", null, null, 32, 16, 1, null, null), async (request, cancellation) =>
        {
            lock (gate)
            {
                most = Math.Max(most, ++running);
            }

            await Task.Delay(5, cancellation);
            lock (gate)
            {
                running--;
            }

            return Picture(request.Prompt);
        }, s_options with { MaxConcurrency = 3 });

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => service.AskAsync(new($"Dog {i}.", "", i), default, TestContext.CancellationToken)));

        Assert.AreEqual(3, most);
    }

    [TestMethod]
    public async Task AskAsync_Cancelled_EndsWhateverTheClientDoes()
    {
        using var cancellation = new CancellationTokenSource();
        var service = new ImageService(new("p", null, null, 32, 16, 1, null, null), async (_, _) =>
        {
            cancellation.Cancel();
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return [];
        }, s_options);

        await Assert.ThrowsAsync<OperationCanceledException>(() => service.AskAsync(new("A dog.", "", 1), cancellation.Token, cancellation.Token));
    }

    [TestMethod]
    public void Read_OtherShape_IsCutToItsCentreAndReduced()
    {
        // 40 x 20: a red, a blue and a red field; the blue one is the centre.
        var pixels = new byte[3 * 40 * 20];
        for (var i = 0; i < 40 * 20; i++)
        {
            pixels[(3 * i) + (i % 40 is >= 10 and < 30 ? 2 : 0)] = 255;
        }

        var read = AnsweredImage.Read(ImageEncoder.ToPng(new(40, 20, pixels)), 10);

        Assert.AreEqual((10, 10), (read.Width, read.Height));
        Assert.IsTrue(read.Pixels.Chunk(3).Count(p => p is [0, 0, 255]) >= 80, "All but the rim are blue.");
    }

    [TestMethod]
    public void Of_ExceptionsOfSeveralTries_TellTheStatusOfTheLast()
    {
        var failure = ServiceFailure.Of(new AggregateException("Retry failed after 2 tries.", new IOException("reset"), new HttpRequestException("denied", null, System.Net.HttpStatusCode.Unauthorized)));

        Assert.AreEqual((401, true, false), (failure.Status, failure.IsFinal, failure.IsRefusal));
        Assert.IsFalse(ServiceFailure.Of(new IOException("reset")).IsFinal);
        Assert.IsTrue(ServiceFailure.Of(new NotSupportedException("no")).IsFinal);
        Assert.AreEqual(503, ServiceFailure.Of(new InvalidOperationException("HTTP 503 (unavailable)")).Status);
    }

    [TestMethod]
    public void Validate_ValueOutOfRange_NamesTheOption()
    {
        foreach (var (name, options) in new (string, ImageServiceOptions)[]
        {
            ("StoredSide", new() { StoredSide = 4 }),
            ("Side", new() { Side = 256 }),
            ("MaxConcurrency", new() { MaxConcurrency = 0 }),
            ("MaxImages", new() { MaxImages = -1 }),
            ("MaxAttempts", new() { MaxAttempts = 0 }),
            ("MaxTries", new() { MaxTries = 0 }),
            ("Timeout", new() { Timeout = TimeSpan.Zero }),
            ("FirstDelay", new() { FirstDelay = TimeSpan.FromSeconds(-1) }),
            ("MaxDelay", new() { MaxDelay = TimeSpan.Zero }),
            ("MaxAnswerBytes", new() { MaxAnswerBytes = 10 }),
        })
        {
            Assert.Contains(name, Assert.Throws<ArgumentOutOfRangeException>(options.Validate).Message);
        }

        new ImageServiceOptions().Validate();
        new ImageServiceOptions { Side = null }.Validate();
    }

    private Task<ServiceAnswer> Ask(ImageServer server, ImageServiceOptions? options = null, string prompt = "A red dog.") =>
        Service(server, options ?? s_options).AskAsync(new(prompt, "rain", 5), TestContext.CancellationToken, TestContext.CancellationToken);

    private static ImageService Service(ImageServer server, ImageServiceOptions options)
    {
        var client = new GeneratorClient(ServiceJob.Client(server.Endpoint), options);
        return new(client.Identity, client.AskAsync, options);
    }
}
