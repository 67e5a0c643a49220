using TorchSharp;

Console.WriteLine(torch.cuda.is_available());
