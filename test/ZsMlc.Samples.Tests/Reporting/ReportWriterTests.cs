using System.Text.RegularExpressions;
using System.Xml.Linq;
using ZsMlc.Samples.Reporting;

namespace ZsMlc.Samples.Tests.Reporting;

[TestClass]
public sealed partial class ReportWriterTests
{
    [TestMethod]
    public void ToHtml_TextWithMarkup_IsEncoded()
    {
        var report = ExampleReport.Create() with { Headline = "<script>alert(1)</script> & \"more\"" };

        var html = ReportWriter.ToHtml(report);

        Assert.DoesNotContain("<script", html);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;", html);
    }

    [TestMethod]
    public void ToHtml_AnyReport_RefersToNothingOutsideItself()
    {
        var html = ReportWriter.ToHtml(ExampleReport.Create());

        var references = Reference().Matches(html).Select(m => m.Groups[1].Value).ToArray();

        Assert.IsGreaterThan(30, references.Length);
        Assert.IsEmpty(references.Where(r => !r.StartsWith("data:image/", StringComparison.Ordinal) && !r.StartsWith('#')));
        Assert.DoesNotContain("url(", html);
        Assert.DoesNotContain("@import", html);
    }

    [TestMethod]
    public void ToHtml_EveryChart_IsWellFormedAndDescribed()
    {
        var charts = Chart().Matches(ReportWriter.ToHtml(ExampleReport.Create())).Select(m => XElement.Parse(m.Value)).ToArray();

        Assert.HasCount(13, charts);
        Assert.IsTrue(charts.All(c => c.Attribute("role")?.Value == "img" && c.Attribute("aria-label")?.Value.Length > 20));
        Assert.IsFalse(charts.DescendantsAndSelf().Attributes().Any(a => a.Value.Contains("NaN", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void ToHtml_EveryPicture_HasItsDescriptionAndPrompt()
    {
        var report = ExampleReport.Create();

        var html = ReportWriter.ToHtml(report);

        foreach (var picture in report.Pictures)
        {
            Assert.Contains($"alt=\"{picture.Picture.Description}\"", html);
            Assert.Contains(picture.Prompt, html);
        }
    }

    [TestMethod]
    public void ToHtml_EmptySections_AreLeftOut()
    {
        var html = ReportWriter.ToHtml(new Report { Title = "Empty", Headline = "Nothing yet", Created = DateTimeOffset.UnixEpoch });

        Assert.DoesNotContain("<section", html);
        Assert.DoesNotContain("href=\"#accuracy\"", html);
    }

    [TestMethod]
    public void ToHtml_PictureOfUnknownFormat_NamesThePicture()
    {
        var picture = new TaggedPicture(new([1, 2, 3, 4], 1, 1, "broken.gif"), [], []);
        var report = ExampleReport.Create() with { Tagged = [picture] };

        var error = Assert.ThrowsExactly<InvalidDataException>(() => ReportWriter.ToHtml(report));

        Assert.Contains("broken.gif", error.Message);
    }

    [TestMethod]
    [DataRow(1280, false)]
    [DataRow(1280, true)]
    [DataRow(390, false)]
    [DataRow(390, true)]
    public async Task Write_InChromium_ShowsEveryPictureAndFits(int width, bool dark)
    {
        await using var browser = await Browser.StartAsync();
        using var folder = new TemporaryFolder();
        var report = ExampleReport.Create();
        ReportWriter.Write(report, folder["report.html"]);

        await browser.OpenAsync($"file://{folder["report.html"]}", width, dark);

        Assert.AreEqual($"{report.Pictures.Count + report.Tagged.Count}", await browser.EvaluateAsync("[...document.images].filter(i => i.complete && i.naturalWidth > 0).length"));
        Assert.AreEqual("true", await browser.EvaluateAsync("document.documentElement.scrollWidth <= innerWidth"));
        Assert.AreEqual(dark ? "rgb(14, 20, 27)" : "rgb(244, 246, 248)", await browser.EvaluateAsync("getComputedStyle(document.body).backgroundColor"));
        Assert.IsEmpty(browser.Console, string.Join('\n', browser.Console));
    }

    [GeneratedRegex("(?:src|href)=\"([^\"]*)\"")]
    private static partial Regex Reference();

    [GeneratedRegex("<svg class=\"chart\".*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Chart();
}
