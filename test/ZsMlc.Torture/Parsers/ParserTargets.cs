using System.Text;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.SyntheticData.Store;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Tests.Checkpoints;
using ZsMlc.Torch.Tests.Checkpoints.TorchScript;

namespace ZsMlc.Torture.Parsers;

/// <summary>All parsers that are tortured.</summary>
internal static class ParserTargets
{
    private static readonly StoreIdentity s_identity = new StoreIdentity().Add("Steps", 20).Add("NegativePrompt", "blurry").WithCandidates(["cat"]);

    public static IReadOnlyList<ParserTarget> All { get; } =
    [
        new("safetensors", random => ParserSeeds.Safetensors(Mutations.Json(random, ParserSeeds.Header)), (bytes, _) => ParserReads.Safetensors(bytes), typeof(CheckpointFormatException)),
        new("safetensors-bytes", random => Mutations.Bytes(random, ParserSeeds.Safetensors(Encoding.UTF8.GetBytes(ParserSeeds.Header))), (bytes, _) => ParserReads.Safetensors(bytes), typeof(CheckpointFormatException)),
        new("torchscript-pickle", Pickle, (bytes, _) => ParserReads.Archive(bytes), typeof(CheckpointFormatException)),
        new("torchscript-records", Record, (bytes, _) => ParserReads.Archive(bytes), typeof(CheckpointFormatException)),
        new("torchscript-zip", random => Mutations.Bytes(random, ParserSeeds.Archives[0]), (bytes, _) => ParserReads.Archive(bytes), typeof(CheckpointFormatException)),
        new("tokenizer", Texts, (bytes, _) => ParserReads.Tokenizer(bytes), typeof(CheckpointFormatException)),
        new("tokenizer-json", random => Mutations.Json(random, ParserSeeds.Tokenizer), (bytes, _) => ParserReads.TokenizerFile(bytes), typeof(CheckpointFormatException)),
        new("coco", random => Text(random, ParserSeeds.Coco), ParserReads.Coco, typeof(FormatException)),
        new("store", random => Text(random, Encoding.UTF8.GetString(s_identity.ToBytes())), (bytes, _) => s_identity.DifferencesFrom(bytes), typeof(FormatException)),
        new("pictures", random => Mutations.Bytes(random, SeedPictures.All[random.Next(SeedPictures.All.Count)]), (bytes, _) => ParserReads.Picture(bytes), typeof(ImageReadException)),
    ];

    public static ParserTarget Find(string name) => All.Single(t => t.Name == name);

    private static byte[] Text(Random random, string json) => random.Next(3) == 0 ? Mutations.Bytes(random, Encoding.UTF8.GetBytes(json)) : Mutations.Json(random, json);

    private static byte[] Texts(Random random) => random.Next(3) == 0
        ? ParserSeeds.Texts(Encoding.UTF8.GetBytes(ParserSeeds.Vocabulary), Mutations.Bytes(random, Encoding.UTF8.GetBytes(ParserSeeds.Merges)))
        : ParserSeeds.Texts(Mutations.Json(random, ParserSeeds.Vocabulary), Encoding.UTF8.GetBytes(ParserSeeds.Merges));

    private static byte[] Pickle(Random random)
    {
        var archive = ParserSeeds.Archives[random.Next(4) == 0 ? 1 : 0];
        return ParserSeeds.WithPickle(archive, Mutations.Bytes(random, ParserSeeds.Pickle(archive)));
    }

    private static byte[] Record(Random random)
    {
        var records = ArchiveBuilder.Records(ParserSeeds.Archives[0]);
        var place = random.Next(records.Count);
        records[place] = random.Next(4) == 0
            ? (Encoding.UTF8.GetString([.. Mutations.Bytes(random, Encoding.UTF8.GetBytes(records[place].Name)), .. "."u8]), records[place].Bytes)
            : (records[place].Name, Mutations.Bytes(random, records[place].Bytes));
        return ArchiveBuilder.Zip(records, "");
    }
}
