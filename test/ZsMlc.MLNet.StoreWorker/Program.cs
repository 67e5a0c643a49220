// A process that fills an image store and may be killed: StoreWorker <folder> <shard> <shards> <pause in milliseconds>.
// It writes a line when it starts a group of images, and "complete" when the store has its manifest.
using System.Globalization;
using ZsMlc.MLNet.SyntheticData;

var numbers = args.Skip(1).Select(a => int.Parse(a, CultureInfo.InvariantCulture)).ToArray();
var painter = new Painter { Pause = numbers[2], Started = group => Console.WriteLine($"group {group[0].Slot}/{group[0].Attempt}") };
var result = StoreJob.Run(args[0], painter, new Shard(numbers[0], numbers[1]));
Console.WriteLine(result.IsComplete ? "complete" : "incomplete");
