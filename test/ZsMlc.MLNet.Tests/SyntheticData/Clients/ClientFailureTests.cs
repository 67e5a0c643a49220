using System.Net;
using ZsMlc.MLNet.SyntheticData.Clients;

namespace ZsMlc.MLNet.Tests.SyntheticData.Clients;

[TestClass]
public sealed class ClientFailureTests
{
    [TestMethod]
    public void StatusOf_NumberStatusCodeOrMessage_IsRead()
    {
        Assert.AreEqual(503, ClientFailure.StatusOf(new Answered(503, [])));
        Assert.AreEqual(404, ClientFailure.StatusOf(new HttpRequestException("no", null, HttpStatusCode.NotFound)));
        Assert.AreEqual(429, ClientFailure.StatusOf(new InvalidOperationException("Service request failed. Status: 429 (Too Many Requests)")));
        Assert.IsNull(ClientFailure.StatusOf(new IOException("reset after 503 bytes")));
    }

    [TestMethod]
    [DataRow("Retry-After", "2.5", 2500)]
    [DataRow("Retry-After", "2000000", 2_000_000_000)]
    [DataRow("Retry-After", "Mon, 01 Jan 2001 00:00:00 GMT", 0)]
    [DataRow("retry-after-ms", "40", 40)]
    public void RetryAfterOf_Header_IsHowLongToWait(string name, string value, double milliseconds) =>
        Assert.AreEqual(TimeSpan.FromMilliseconds(milliseconds), ClientFailure.RetryAfterOf(new Answered(429, new() { [name] = value })));

    [TestMethod]
    [DataRow("-1")]
    [DataRow("1e12")]
    [DataRow("soon")]
    public void RetryAfterOf_NoTime_IsNone(string value)
    {
        Assert.IsNull(ClientFailure.RetryAfterOf(new Answered(429, new() { ["Retry-After"] = value })));
        Assert.IsNull(ClientFailure.RetryAfterOf(new IOException("reset")));
    }

    [TestMethod]
    [DataRow(401, true)]
    [DataRow(404, true)]
    [DataRow(408, false)]
    [DataRow(429, false)]
    [DataRow(500, false)]
    [DataRow(null, false)]
    public void IsFinal_Status_TellsWhetherAskingAgainCanHelp(int? status, bool isFinal) => Assert.AreEqual(isFinal, ClientFailure.IsFinal(status));

    /// <summary>An exception of the shape that the OpenAI and Azure libraries have.</summary>
    private sealed class Answered(int status, Dictionary<string, string> headers) : Exception("refused")
    {
        public int Status => status;

        public Response GetRawResponse() => new(headers);
    }

    private sealed record Response(Dictionary<string, string> Headers);
}
