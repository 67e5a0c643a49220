// A process that fills an image store and may be killed.
// StoreWorker <folder> <shard> <shards> <pause in milliseconds>: by a painter; a line when it starts a group of images, and "complete" when the store has its manifest.
// StoreWorker service <folder> <endpoint> <clip>: by an image service; a line for each image that is recorded, and the statistics at the end.
using System.Globalization;
using ZsMlc.MLNet.SyntheticData;

if (args[0] == "service")
{
    Console.WriteLine(ServiceJob.Run(args[1], new Uri(args[2]), args[3], recorded => Console.WriteLine($"recorded {recorded}")));
    return;
}

var numbers = args.Skip(1).Select(a => int.Parse(a, CultureInfo.InvariantCulture)).ToArray();
var painter = new Painter { Pause = numbers[2], Started = group => Console.WriteLine($"group {group[0].Slot}/{group[0].Attempt}") };
var result = StoreJob.Run(args[0], painter, new Shard(numbers[0], numbers[1]));
Console.WriteLine(result.IsComplete ? "complete" : "incomplete");
