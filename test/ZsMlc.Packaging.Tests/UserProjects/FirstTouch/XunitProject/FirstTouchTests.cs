using TorchSharp;
using Xunit;

public class FirstTouchTests
{
    [Fact]
    public void Ones_Summed_GiveTheirNumber() => Assert.Equal(3, torch.ones(3).sum().item<float>());
}
