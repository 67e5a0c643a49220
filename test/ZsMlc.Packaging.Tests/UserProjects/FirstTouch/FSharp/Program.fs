printfn "%b" (TorchSharp.torch.cuda.is_available ())
