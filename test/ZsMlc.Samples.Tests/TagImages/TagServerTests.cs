using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using SkiaSharp;
using ZsMlc.Samples.TagImages;
using ZsMlc.Samples.TagImages.Web;

namespace ZsMlc.Samples.Tests.TagImages;

[TestClass]
public sealed class TagServerTests : IDisposable
{
    private static readonly TagServerOptions s_options = new() { Url = "http://127.0.0.1:0", MaximumUpload = 200_000, Top = 3, Threshold = 0 };

    private readonly Tagger _tagger = new(TinyTagger.Path);
    private readonly HttpClient _client = new();
    private WebApplication? _server;

    [TestMethod]
    public async Task Post_Picture_IsAnsweredWithItsTags()
    {
        await StartAsync(s_options);

        using var answer = await PostAsync(Pictures.Draw(SKColors.Gray, SKColors.Red, 80, SKEncodedImageFormat.Jpeg), "image/jpeg");

        Assert.AreEqual(HttpStatusCode.OK, answer.StatusCode);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var tags = json.RootElement.GetProperty("tags").EnumerateArray().Select(t => (Label: t.GetProperty("label").GetString()!, Score: t.GetProperty("score").GetDouble())).ToArray();
        Assert.AreEqual(80, json.RootElement.GetProperty("width").GetInt32());
        Assert.HasCount(3, tags);
        Assert.IsTrue(tags.All(t => TinyTagger.Labels.Contains(t.Label) && t.Score is > 0 and < 1));
        Assert.AreSequenceEqual(tags.OrderByDescending(t => t.Score).ToArray(), tags);
    }

    [TestMethod]
    [DataRow("", "image/png", HttpStatusCode.BadRequest)]
    [DataRow("this is not a picture", "image/png", HttpStatusCode.BadRequest)]
    [DataRow("this is not a picture", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    [DataRow("this is not a picture", "multipart/form-data", HttpStatusCode.UnsupportedMediaType)]
    public async Task Post_Unfit_IsRefusedWithAReason(string content, string mediaType, HttpStatusCode expected)
    {
        await StartAsync(s_options);

        using var answer = await PostAsync(Encoding.ASCII.GetBytes(content), mediaType);

        Assert.AreEqual(expected, answer.StatusCode);
        Assert.AreEqual("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("\"detail\"", await answer.Content.ReadAsStringAsync());
    }

    [TestMethod]
    public async Task Post_PictureCutShort_IsABadRequestAndTheServerLives()
    {
        await StartAsync(s_options);
        var picture = Pictures.Draw(SKColors.Gray, SKColors.Red, 200);

        using var broken = await PostAsync(picture[..60], "image/png");
        using var whole = await PostAsync(picture, "image/png");

        Assert.AreEqual(HttpStatusCode.BadRequest, broken.StatusCode);
        Assert.AreEqual(HttpStatusCode.OK, whole.StatusCode);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Post_OverTheLimit_Is413(bool sizeDeclared)
    {
        await StartAsync(s_options);
        using var content = new StreamContent(new MemoryStream(new byte[300_000]));
        content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/tags") { Content = content };
        request.Headers.TransferEncodingChunked = !sizeDeclared;

        using var answer = await _client.SendAsync(request);

        Assert.AreEqual(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("larger than", await answer.Content.ReadAsStringAsync());
    }

    [TestMethod]
    public async Task Post_PictureWithTooManyPixels_IsRefusedUndecoded()
    {
        await StartAsync(s_options);
        var picture = Pictures.Draw(SKColors.Gray, SKColors.Red, 16);

        // The size of a PNG stands in its first chunk, followed by the chunk's checksum, which the header check does not need.
        byte[] huge = [0, 0, 0x40, 0];
        huge.CopyTo(picture, 16);
        huge.CopyTo(picture, 20);
        BitConverter.GetBytes(IPAddress.HostToNetworkOrder((int)Crc32(picture.AsSpan(12, 17)))).CopyTo(picture, 29);

        using var answer = await PostAsync(picture, "image/png");

        Assert.AreEqual(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("16384 x 16384", await answer.Content.ReadAsStringAsync());
    }

    [TestMethod]
    public async Task Post_MoreCompleteUploadsThanAllowed_AreAnswered503()
    {
        await StartAsync(s_options with { MaximumWaiting = 1 });
        var picture = Pictures.Draw(SKColors.Gray, SKColors.Red, 1500, SKEncodedImageFormat.Jpeg);

        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 20 && !statuses.Contains(HttpStatusCode.ServiceUnavailable); i++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => PostAsync(picture, "image/jpeg")));
            statuses.AddRange(answers.Select(a => a.StatusCode));
            Array.ForEach(answers, a => a.Dispose());
        }

        Assert.IsTrue(statuses.All(s => s is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable));
        Assert.Contains(HttpStatusCode.OK, statuses);
        Assert.Contains(HttpStatusCode.ServiceUnavailable, statuses);
        using var later = await PostAsync(picture, "image/jpeg");
        Assert.AreEqual(HttpStatusCode.OK, later.StatusCode);
    }

    [TestMethod]
    public async Task Post_BesideSixteenSlowUploads_IsAnsweredAtOnce()
    {
        await StartAsync(s_options);
        var dawdlers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => DawdleAsync("Content-Length: 1000\r\n", "\x89PNG")));

        using var answer = await PostAsync(Pictures.Draw(SKColors.Gray, SKColors.Red), "image/png");

        Assert.AreEqual(HttpStatusCode.OK, answer.StatusCode);
        Array.ForEach(dawdlers, d => d.Dispose());
    }

    [TestMethod]
    public async Task Post_SlowerThanTheMinimum_IsAnswered408()
    {
        await StartAsync(s_options with { MinimumDataRate = 1e6, GracePeriod = TimeSpan.FromSeconds(1.1) });
        using var dawdler = await DawdleAsync("Content-Length: 100000\r\n", "\x89PNG");

        Assert.StartsWith("HTTP/1.1 408", await AnswerAsync(dawdler));
    }

    [TestMethod]
    public async Task Post_BadChunk_IsABadRequest()
    {
        await StartAsync(s_options);
        using var client = await DawdleAsync("Transfer-Encoding: chunked\r\n", "zz\r\nno chunk\r\n");

        Assert.StartsWith("HTTP/1.1 400", await AnswerAsync(client));
    }

    [TestMethod]
    public async Task Post_Aborted_LogsNoStackTrace()
    {
        var (_, log) = await Programs.RunAsync(async _ =>
        {
            await StartAsync(s_options);
            (await DawdleAsync("Content-Length: 1000\r\n", "\x89PNG")).Dispose();
            using (var reset = await DawdleAsync("Transfer-Encoding: chunked\r\n", "5\r\nab"))
            {
                reset.Client.LingerState = new(enable: true, seconds: 0);
            }

            using var answer = await PostAsync(Pictures.Draw(SKColors.Gray, SKColors.Red), "image/png");
            await _server!.DisposeAsync(); // writes what is still to be logged
            _server = null;
            return (int)answer.StatusCode;
        });

        Assert.Contains("Now listening", log);
        Assert.DoesNotContain("   at ", log);
        Assert.DoesNotContain("Exception", log);
    }

    [TestMethod]
    public async Task Get_UnderAForeignHostName_IsRefused()
    {
        await StartAsync(s_options);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/labels") { Headers = { Host = "photos.example.org" } };

        using var answer = await _client.SendAsync(request);

        Assert.AreEqual(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [TestMethod]
    public async Task Page_InChromium_TagsChosenPhotosAndNamesTheUnreadableOne()
    {
        await using var browser = await Browser.StartAsync();
        await StartAsync(s_options);
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["holiday.jpg"], Pictures.Draw(SKColors.SkyBlue, SKColors.Orange, 120, SKEncodedImageFormat.Jpeg));
        File.WriteAllText(folder["notes.txt"], "no picture");

        await browser.OpenAsync($"{_client.BaseAddress}");
        await browser.WaitForAsync("document.getElementById('labels').textContent === 'The model knows 4 labels.'");
        await browser.ChooseFilesAsync("#file", folder["holiday.jpg"]);
        await browser.WaitForAsync("document.querySelectorAll('.result[data-done]').length === 1");

        Assert.AreEqual("3", await browser.EvaluateAsync("document.querySelectorAll('.result meter').length"));
        Assert.AreEqual("holiday.jpg", await browser.EvaluateAsync("document.querySelector('.result h2').textContent"));
        Assert.AreEqual("true", await browser.EvaluateAsync("document.querySelector('.result img').naturalWidth === 120"));
        Assert.IsEmpty(browser.Console, string.Join('\n', browser.Console));

        await browser.ChooseFilesAsync("#file", folder["notes.txt"]);
        await browser.WaitForAsync("document.querySelectorAll('.result[data-done]').length === 2");
        Assert.Contains("this came as 'text/plain'", await browser.EvaluateAsync("document.querySelector('.result.failed .state').textContent"));
    }

    public void Dispose()
    {
        _server?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _client.Dispose();
        _tagger.Dispose();
    }

    private async Task StartAsync(TagServerOptions options)
    {
        _server = TagServer.Create(_tagger, options);
        await _server.StartAsync();
        _client.BaseAddress = new Uri(_server.Urls.First());
    }

    /// <summary>Sends a header and some of its content, in a connection of its own, and no more.</summary>
    private async Task<TcpClient> DawdleAsync(string header, string content)
    {
        var client = new TcpClient();
        await client.ConnectAsync(_client.BaseAddress!.Host, _client.BaseAddress.Port);
        var text = $"POST /api/tags HTTP/1.1\r\nHost: 127.0.0.1:{_client.BaseAddress.Port}\r\nContent-Type: image/png\r\n{header}\r\n{content}";
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text));
        return client;
    }

    private static async Task<string> AnswerAsync(TcpClient client)
    {
        var answer = new byte[4096];
        var read = await client.GetStream().ReadAsync(answer).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        return Encoding.ASCII.GetString(answer, 0, read);
    }

    private Task<HttpResponseMessage> PostAsync(byte[] content, string mediaType)
    {
        var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return _client.PostAsync("/api/tags", body);
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
            }
        }

        return ~crc;
    }
}
