// Test projects run side by side, so each keeps libtorch to one thread, and its tests run one after another.
[assembly: DoNotParallelize]

namespace ZsMlc.Tests
{
    /// <summary>One thread for libtorch, here and in the processes that tests start.</summary>
    [TestClass]
    public static class TestSettings
    {
        /// <summary>Runs once before all tests.</summary>
        [AssemblyInitialize]
        public static void UseOneThread(TestContext context)
        {
            TorchSharp.torch.set_num_threads(1);
            Environment.SetEnvironmentVariable("OMP_NUM_THREADS", "1"); // of processes that tests start
        }
    }
}
