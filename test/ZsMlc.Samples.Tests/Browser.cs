using System.Diagnostics;
using System.Text;

namespace ZsMlc.Samples.Tests;

/// <summary>A headless Chromium, where one is installed.</summary>
internal static class Browser
{
    public static string? Find() =>
        new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    /// <summary>Ends the test as inconclusive, by name, where there is no browser.</summary>
    public static string Require()
    {
        var path = Find();
        if (path is null)
        {
            Assert.Inconclusive("Needs Chromium (Debian package chromium), which is not installed.");
        }

        return path!;
    }

    /// <summary>Opens a page and returns its document after scripts have run, and what the browser's console said.</summary>
    public static (string Document, string Console) Open(string url, params string[] more)
    {
        using var profile = new TemporaryFolder();
        var start = new ProcessStartInfo(Require()) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
        string[] flags =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", $"--user-data-dir={profile.Path}",
            "--enable-logging=stderr", "--v=0", "--virtual-time-budget=10000", "--dump-dom", .. more, url,
        ];
        foreach (var flag in flags)
        {
            start.ArgumentList.Add(flag);
        }

        using var process = Process.Start(start)!;
        var console = process.StandardError.ReadToEndAsync();
        var document = process.StandardOutput.ReadToEnd();
        Assert.IsTrue(process.WaitForExit(60_000), "The browser did not end within a minute.");

        // The browser's own log has other lines; those of the page are marked CONSOLE.
        var page = string.Join('\n', console.Result.Split('\n').Where(line => line.Contains("CONSOLE", StringComparison.Ordinal)));
        return (document, page);
    }
}
