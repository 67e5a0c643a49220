using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class ModuleLifetimeTests
{
    [TestMethod]
    public void Free_Network_LeavesNoNativeHalfOfALayerBehind()
    {
        var tower = ImageTower.Create(ClipVisionConfig.ResNet(32, 8, [1, 1, 1, 1]), 16, quickGelu: true);
        List<nn.Module> layers = [.. tower.modules(), tower];

        tower.Free();

        Assert.IsTrue(layers.Any(l => l is TorchSharp.Modules.Conv2d) && layers.Any(l => l is TorchSharp.Modules.Linear));
        CollectionAssert.AreEqual(Array.Empty<string>(), layers.Where(l => !Native(l).IsInvalid).Select(l => l.GetType().Name).ToArray());
        tower.Free();
    }

    private static SafeHandle Native(nn.Module module) =>
        (SafeHandle)typeof(nn.Module).GetField("handle", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(module)!;
}
