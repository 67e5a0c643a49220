// libtorch uses every core by itself; tests run one after another so that they do not fight over them.
[assembly: DoNotParallelize]

namespace ZsMlc.Samples.Tests
{
    /// <summary>Loads libtorch before a test touches a TorchSharp type of its own accord.</summary>
    [TestClass]
    public static class TestSettings
    {
        [AssemblyInitialize]
        public static void LoadTorch(TestContext context)
        {
            _ = context;
            ZsMlc.Torch.Runtime.TorchRuntime.EnsureLoaded();
        }
    }
}
