#:property PublishAot=false
using TorchSharp;

Console.WriteLine(torch.cuda.is_available());
