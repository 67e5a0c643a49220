using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace ZsMlc.MLNet.Tests.SyntheticData.Prompts;

/// <summary>A small OpenAI-compatible server on the loopback interface; each request is answered by the next behaviour, the last one repeats.</summary>
internal sealed class ChatServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<string, Answer>[] behaviours;
    private int requests;

    public ChatServer(params Func<string, Answer>[] behaviours)
    {
        this.behaviours = behaviours;
        listener.Start();
        _ = AcceptAsync();
    }

    public Uri Endpoint => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1");

    public int Requests => Volatile.Read(ref requests);

    /// <summary>Streams the text as chat completion chunks, and then the reason why it ended, if any.</summary>
    public static Answer Stream(string text, int chunk = 40, string? finish = null)
    {
        var body = new StringBuilder();
        void Append(string content, string? reason) => body.Append("data: ").Append(JsonSerializer.Serialize(new
        {
            id = "1", @object = "chat.completion.chunk", created = 1, model = "m",
            choices = new[] { new { index = 0, delta = new { role = "assistant", content }, finish_reason = reason } },
        })).Append("\n\n");
        for (var i = 0; i < text.Length; i += chunk)
        {
            Append(text.Substring(i, Math.Min(chunk, text.Length - i)), null);
        }

        if (finish is not null)
        {
            Append("", finish);
        }

        return new Answer(200, "text/event-stream", body.Append("data: [DONE]\n\n").ToString());
    }

    /// <summary>Answers with one whole completion.</summary>
    public static Answer Whole(string text) => new(200, "application/json", JsonSerializer.Serialize(new
    {
        id = "1", @object = "chat.completion", created = 1, model = "m",
        choices = new[] { new { index = 0, message = new { role = "assistant", content = text }, finish_reason = "stop" } },
    }));

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = await listener.AcceptTcpClientAsync(stop.Token);
                _ = ServeAsync(connection);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using var client = connection;
        try
        {
            var stream = client.GetStream();
            var request = await ReadRequestAsync(stream);
            var number = Interlocked.Increment(ref requests) - 1;
            var answer = behaviours[Math.Min(number, behaviours.Length - 1)](request);
            await Task.Delay(answer.Delay, stop.Token);
            var body = Encoding.UTF8.GetBytes(answer.Body);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {answer.Status} X\r\nContent-Type: {answer.ContentType}\r\nContent-Length: {body.Length}\r\n{answer.Header}Connection: close\r\n\r\n"), stop.Token);
            await stream.WriteAsync(body.AsMemory(0, answer.StallsHalfway ? body.Length / 2 : body.Length), stop.Token);
            await Task.Delay(answer.StallsHalfway ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client hung up, as the tests want it to.
        }
    }

    private async Task<string> ReadRequestAsync(NetworkStream stream)
    {
        var received = new MemoryStream();
        var buffer = new byte[8192];
        while (true)
        {
            var count = await stream.ReadAsync(buffer, stop.Token);
            received.Write(buffer, 0, count);
            var text = Encoding.UTF8.GetString(received.GetBuffer(), 0, (int)received.Length);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (count == 0)
            {
                return text;
            }

            if (end >= 0)
            {
                var length = text[..end].Split("\r\n").Where(h => h.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                    .Select(h => int.Parse(h[15..])).FirstOrDefault();
                if (Encoding.UTF8.GetByteCount(text[(end + 4)..]) >= length)
                {
                    return text[(end + 4)..];
                }
            }
        }
    }

    internal sealed record Answer(int Status, string ContentType, string Body)
    {
        public TimeSpan Delay { get; init; }

        /// <summary>A further header with its line end.</summary>
        public string Header { get; init; } = "";

        /// <summary>Sends half of the body and then nothing more, with the connection open.</summary>
        public bool StallsHalfway { get; init; }
    }
}
