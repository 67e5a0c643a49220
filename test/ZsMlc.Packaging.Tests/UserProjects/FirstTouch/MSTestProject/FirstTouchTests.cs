using Microsoft.VisualStudio.TestTools.UnitTesting;
using TorchSharp;

[TestClass]
public class FirstTouchTests
{
    [TestMethod]
    public void Ones_Summed_GiveTheirNumber() => Assert.AreEqual(3, torch.ones(3).sum().item<float>());
}
