using TorchSharp;

torch.set_num_threads(1);
var app = WebApplication.CreateBuilder(args).Build();
Console.WriteLine(torch.get_num_threads());
