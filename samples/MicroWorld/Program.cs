using System.Globalization;
using MicroWorld;
using TorchSharp;
using ZsMlc.MicroModels.World;
using ZsMlc.Samples;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
try
{
    var arguments = new Arguments(args);
    if (arguments.Number("threads", 0) is > 0 and var threads)
    {
        torch.set_num_threads(threads);
    }

    WorldPlan.Current = arguments.World;
    return Commands.Run(arguments);
}
catch (Exception e) when (Mistakes.IsOne(e))
{
    Console.Error.WriteLine(e.Message);
    return Mistakes.CodeOf(e);
}
