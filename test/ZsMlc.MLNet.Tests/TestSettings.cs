// libtorch uses every core by itself; tests run one after another so that they do not fight over them.
[assembly: DoNotParallelize]

namespace ZsMlc.MLNet
{
    /// <summary>Loads libtorch before a test touches TorchSharp by itself.</summary>
    [TestClass]
    public static class TestRuntime
    {
        /// <summary>Runs once before all tests.</summary>
        [AssemblyInitialize]
        public static void Load(TestContext context) => ZsMlc.Torch.Runtime.TorchRuntime.EnsureLoaded();
    }
}
