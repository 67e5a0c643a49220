// libtorch uses every core by itself; tests run one after another so that they do not fight over them.
[assembly: DoNotParallelize]
