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

        Assert.HasCount(12, charts);
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
    public void Write_InChromium_ShowsEveryPictureWithoutConsoleMessages()
    {
        Browser.Require();
        using var folder = new TemporaryFolder();
        var report = ExampleReport.Create();
        var path = Path.Combine(folder.Path, "report.html");
        ReportWriter.Write(report, path);

        // The report allows no scripts, so a page around it asks what its pictures and layout became.
        var probe = Path.Combine(folder.Path, "probe.html");
        File.WriteAllText(probe, """
            <!doctype html><meta charset="utf-8"><iframe id="page" src="report.html" width="390" height="800"></iframe><p id="found">nothing</p>
            <script>
              document.getElementById('page').onload = e => {
                const d = e.target.contentDocument, images = [...d.images];
                document.getElementById('found').textContent = 'found ' + images.length + ' pictures, ' +
                  images.filter(i => i.complete && i.naturalWidth > 0).length + ' loaded, ' +
                  (d.documentElement.scrollWidth > 390 ? 'too wide' : 'fits');
              };
            </script>
            """);
        var (document, console) = Browser.Open($"file://{probe}", "--allow-file-access-from-files");
        var (_, alone) = Browser.Open($"file://{path}");

        var count = report.Pictures.Count + report.Tagged.Count;
        Assert.Contains($"found {count} pictures, {count} loaded, fits", document);
        Assert.AreEqual("", console);
        Assert.AreEqual("", alone);
    }

    [GeneratedRegex("(?:src|href)=\"([^\"]*)\"")]
    private static partial Regex Reference();

    [GeneratedRegex("<svg class=\"chart\".*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Chart();
}
