using MicroWorld.Evaluation;

namespace ZsMlc.Samples.Tests.MicroWorld;

[TestClass]
public sealed class RunLogTests
{
    [TestMethod]
    public void Get_RunOfTheFile_IsNotMeasuredAgain()
    {
        using var folder = new TemporaryFolder();
        double[] figures = [1 / 3.0, 99.5];
        CollectionAssert.AreEqual(figures, new RunLog(folder["runs.tsv"]).Get("+ filter", 2, () => figures).ToArray());

        var goneOn = new RunLog(folder["runs.tsv"]);

        CollectionAssert.AreEqual(figures, goneOn.Get("+ filter", 2, () => throw new InvalidOperationException("measured again")).ToArray());
        CollectionAssert.AreEqual(new[] { 5.0 }, goneOn.Get("+ filter", 3, () => [5]).ToArray());
        CollectionAssert.AreEqual(new[] { 6.0 }, goneOn.Get("+ fusion", 2, () => [6]).ToArray());
    }
}
