using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZsMlc.Samples.Tests;

/// <summary>A page in a headless Chromium, driven through its DevTools protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _profile = new();
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private int _lastId;

    private Browser(Process process) => _process = process;

    /// <summary>What the page wrote to its console, and its uncaught errors.</summary>
    public List<string> Console { get; } = [];

    /// <summary>Starts a browser, or ends the test as inconclusive, by name, where none is installed.</summary>
    public static async Task<Browser> StartAsync()
    {
        var path = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
        if (path is null)
        {
            Assert.Inconclusive("Needs Chromium (Debian package chromium), which is not installed.");
        }

        var browser = new Browser(new Process());
        string[] flags =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-port=0", $"--user-data-dir={browser._profile.Path}", "about:blank",
        ];
        browser._process.StartInfo = new ProcessStartInfo(path!, flags) { RedirectStandardOutput = true, RedirectStandardError = true };
        browser._process.Start();
        browser._process.BeginOutputReadLine();
        browser._process.BeginErrorReadLine();
        await browser.ConnectAsync();
        return browser;
    }

    /// <summary>Opens a page at a width in pixels, in light or dark colours, and waits until it has loaded.</summary>
    public async Task OpenAsync(string url, int width = 1280, bool dark = false)
    {
        await SendAsync("Emulation.setDeviceMetricsOverride", new { width, height = 900, deviceScaleFactor = 1, mobile = width < 600 });
        await SendAsync("Emulation.setEmulatedMedia", new { features = new[] { new { name = "prefers-color-scheme", value = dark ? "dark" : "light" } } });
        await SendAsync("Page.navigate", new { url });
        await WaitForAsync("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// <summary>The value of a JavaScript expression, as text.</summary>
    public async Task<string> EvaluateAsync(string expression)
    {
        var answer = await SendAsync("Runtime.evaluate", new { expression, returnByValue = true, awaitPromise = true });
        return answer["result"]?["value"]?.ToString() ?? "";
    }

    /// <summary>Waits until an expression is true.</summary>
    public async Task WaitForAsync(string expression)
    {
        for (var clock = Stopwatch.StartNew(); await EvaluateAsync(expression) != "true"; await Task.Delay(50))
        {
            Assert.IsLessThan(Patience, clock.Elapsed, $"Waited in vain for: {expression}");
        }
    }

    /// <summary>Chooses files in a file field, as a user does in its dialog.</summary>
    public async Task ChooseFilesAsync(string selector, params string[] files)
    {
        var document = await SendAsync("DOM.getDocument", new { });
        var node = await SendAsync("DOM.querySelector", new { nodeId = (int)document["root"]!["nodeId"]!, selector });
        await SendAsync("DOM.setFileInputFiles", new { nodeId = (int)node["nodeId"]!, files });
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                _profile.Dispose();
                return;
            }
            catch (IOException) when (attempt < 20)
            {
                // A helper process of the browser may still write to its profile.
                await Task.Delay(100);
            }
        }
    }

    private async Task ConnectAsync()
    {
        var portFile = _profile["DevToolsActivePort"];
        var clock = Stopwatch.StartNew();
        string[] lines;
        while ((lines = File.Exists(portFile) ? await File.ReadAllLinesAsync(portFile) : []).Length < 2)
        {
            Assert.IsLessThan(Patience, clock.Elapsed, "The browser did not open its debugging port.");
            await Task.Delay(50);
        }

        using var http = new HttpClient();
        var targets = JsonNode.Parse(await http.GetStringAsync($"http://127.0.0.1:{lines[0]}/json/list"))!.AsArray();
        var page = targets.First(target => (string?)target!["type"] == "page")!;
        await _socket.ConnectAsync(new Uri((string)page["webSocketDebuggerUrl"]!), CancellationToken.None);
        foreach (var domain in new[] { "Page", "Runtime", "Log", "DOM" })
        {
            await SendAsync($"{domain}.enable", new { });
        }
    }

    /// <summary>Sends a command and reads messages until its answer comes; events on the way are noted.</summary>
    private async Task<JsonNode> SendAsync(string method, object parameters)
    {
        using var patience = new CancellationTokenSource(Patience);
        var id = ++_lastId;
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters }), WebSocketMessageType.Text, true, patience.Token);
        while (true)
        {
            var message = await ReceiveAsync(patience.Token);
            if ((int?)message["id"] == id)
            {
                return message["result"] ?? throw new AssertFailedException($"{method}: {message["error"]}");
            }

            if ((string?)message["method"] is "Runtime.consoleAPICalled" or "Runtime.exceptionThrown" or "Log.entryAdded")
            {
                Console.Add(message["params"]!.ToJsonString());
            }
        }
    }

    private async Task<JsonNode> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var text = new MemoryStream();
        var buffer = new byte[64 * 1024];
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer, cancellationToken);
            text.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(text.ToArray())!;
    }
}
