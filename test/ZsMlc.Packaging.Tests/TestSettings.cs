// The tests start builds, which use every core by themselves.
[assembly: DoNotParallelize]
