using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;
using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>CLIP's byte-level BPE tokenizer, with CLIP's own vocabulary or that of a model folder.</summary>
/// <remarks>
/// Thread-safe. Text is unescaped from HTML, its white space collapsed, and lower-cased; wrongly decoded text is not
/// repaired, which OpenAI's tokenizer does first.
/// </remarks>
public sealed partial class ClipTokenizer
{
    internal const string StartText = "<|startoftext|>", EndText = "<|endoftext|>";

    private const string VocabularyFile = "vocab.json", MergesFile = "merges.txt";

    private static readonly Lazy<ClipTokenizer> s_default = new(Published);

    private readonly BpeTokenizer _bpe;
    private readonly IReadOnlyDictionary<string, int> _vocabulary;
    private readonly IReadOnlyList<string> _merges;

    /// <summary>Creates a tokenizer from a vocabulary that contains the start and end tokens.</summary>
    /// <param name="vocabulary">Token texts and ids; must contain <c>&lt;|startoftext|&gt;</c> and <c>&lt;|endoftext|&gt;</c>, the latter with the highest id.</param>
    /// <param name="merges">Merges in order, each two tokens with a blank between.</param>
    /// <exception cref="ArgumentException">The vocabulary lacks a special token, an id is negative, or the end token has not the highest.</exception>
    public ClipTokenizer(IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<string> merges)
    {
        if (!vocabulary.TryGetValue(StartText, out var start) || !vocabulary.TryGetValue(EndText, out var end))
        {
            throw new ArgumentException($"The vocabulary lacks {StartText} or {EndText}.", nameof(vocabulary));
        }

        var (least, most) = (vocabulary.Values.Min(), vocabulary.Values.Max());
        if (least < 0)
        {
            throw new ArgumentException($"The token '{vocabulary.First(v => v.Value == least).Key}' has the id {least}; expected 0 or more.", nameof(vocabulary));
        }

        // The text tower finds the end of a text as the highest id of its row.
        if (end != most)
        {
            throw new ArgumentException($"{EndText} has the id {end}; expected the highest id of the vocabulary, {most}.", nameof(vocabulary));
        }

        (_vocabulary, _merges, StartId, EndId) = (vocabulary, merges, start, end);
        Dictionary<string, int> special = new() { [StartText] = start, [EndText] = end };
        _bpe = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = merges,
            EndOfWordSuffix = "</w>",
            ByteLevel = true,
            Normalizer = LowerCaseNormalizer.Instance,
            PreTokenizer = new RegexPreTokenizer(Words(), special),
            SpecialTokens = special,
        });
    }

    /// <summary>Gets the tokenizer that OpenAI published with CLIP: 49,408 tokens.</summary>
    public static ClipTokenizer Default => s_default.Value;

    /// <summary>Gets the id in front of every text.</summary>
    public int StartId { get; }

    /// <summary>Gets the id behind every text, the highest of the vocabulary.</summary>
    public int EndId { get; }

    /// <summary>Gets the number of tokens.</summary>
    public int VocabularySize => _vocabulary.Count;

    /// <summary>Gets the tokens and their ids.</summary>
    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    /// <summary>Gets the merges in order.</summary>
    public IReadOnlyList<string> Merges => _merges;

    /// <summary>Id of a whole token, or <see langword="null"/> when there is none.</summary>
    public int? IdOf(string token) => _vocabulary.TryGetValue(token, out var id) ? id : null;

    /// <summary>The token of an id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id.</exception>
    public string Token(int id) => _vocabulary.FirstOrDefault(v => v.Value == id).Key ?? throw new ArgumentOutOfRangeException(nameof(id), id, "No token has this id.");

    /// <summary>Whether a folder holds tokenizer files.</summary>
    public static bool IsIn(string folder) => HasVocabulary(folder) || File.Exists(Path.Combine(folder, TokenizerJson.FileName));

    /// <summary>Reads <c>vocab.json</c> and <c>merges.txt</c> of a model folder, or <c>tokenizer.json</c> where these are not.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="IOException">A file is missing or damaged; the message names it.</exception>
    public static ClipTokenizer FromFolder(string folder)
    {
        TokenizerSettings.CheckFolder(folder);
        if (!HasVocabulary(folder) && File.Exists(Path.Combine(folder, TokenizerJson.FileName)))
        {
            return TokenizerJson.Read(Path.Combine(folder, TokenizerJson.FileName));
        }

        var (vocabularyPath, mergesPath) = (Path.Combine(folder, VocabularyFile), Path.Combine(folder, MergesFile));
        return Parse(vocabularyPath, SmallFile.Read(vocabularyPath), mergesPath, Encoding.UTF8.GetString(SmallFile.Read(mergesPath)));
    }

    private static bool HasVocabulary(string folder) => File.Exists(Path.Combine(folder, VocabularyFile)) && File.Exists(Path.Combine(folder, MergesFile));

    /// <summary>Reads the contents of the two files.</summary>
    internal static ClipTokenizer Parse(string vocabularyPath, ReadOnlySpan<byte> vocabularyJson, string mergesPath, string mergesText) =>
        JsonFile.Read(vocabularyPath, vocabularyJson, "a CLIP vocabulary", root =>
        {
            var vocabulary = root.Deserialize<Dictionary<string, int>>() ?? [];
            return new ClipTokenizer(vocabulary, ReadMerges(mergesPath, mergesText, vocabulary));
        });

    private static List<string> ReadMerges(string path, string text, Dictionary<string, int> vocabulary)
    {
        List<string> merges = [];
        var number = 0;
        foreach (var line in text.Split('\n').Select(l => l.TrimEnd('\r')))
        {
            number++;
            if (line.Length == 0 || (number == 1 && line.StartsWith("#version", StringComparison.Ordinal)))
            {
                continue;
            }

            var parts = line.Split(' ');
            if (parts.Length != 2 || Array.Find([.. parts, string.Concat(parts)], p => !vocabulary.ContainsKey(p)) is { } || parts.Contains(""))
            {
                throw new CheckpointFormatException(path, $"line {number} is '{line}'; expected two tokens of the vocabulary with a blank between, whose union is a token too.");
            }

            merges.Add(line);
        }

        CheckMerges(path, merges.Count, vocabulary.Keys);
        return merges;
    }

    /// <summary>Throws when a file has no merges but a vocabulary whose words only merges make: every text would fall into letters.</summary>
    /// <exception cref="CheckpointFormatException">The message names a word.</exception>
    internal static void CheckMerges(string path, int merges, IEnumerable<string> vocabulary)
    {
        const string endOfWord = "</w>";
        var word = merges > 0 ? null : vocabulary.FirstOrDefault(t => (t.EndsWith(endOfWord, StringComparison.Ordinal) ? t[..^endOfWord.Length] : t) is { Length: > 1 } and not ['<', .., '>']);
        if (word is not null)
        {
            throw new CheckpointFormatException(path, $"it has no merges; expected some, since the vocabulary has the word '{word}'.");
        }
    }

    /// <summary>Writes <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    /// <param name="folder">Target folder, created if need be.</param>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        AtomicFile.WriteText(Path.Combine(folder, MergesFile), string.Join('\n', ["#version: 0.2", .. _merges]) + "\n");
        AtomicFile.WriteText(Path.Combine(folder, VocabularyFile), JsonSerializer.Serialize(_vocabulary.OrderBy(v => v.Value).ToDictionary()));
    }

    /// <summary>Ids of a text, without start and end.</summary>
    public IReadOnlyList<int> Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var clean = WhiteSpace().Replace(WebUtility.HtmlDecode(WebUtility.HtmlDecode(text)), " ").Trim();
        return _bpe.EncodeToIds(clean);
    }

    /// <summary>Ids of texts with start and end, padded to one length.</summary>
    /// <param name="texts">N texts; a longer one is cut, its end token kept.</param>
    /// <param name="contextLength">Length L of every row, 2 or more.</param>
    /// <param name="padId">Id behind the end: 0 in CLIP and Stable Diffusion 2, the end id in Stable Diffusion 1.</param>
    /// <returns>Int64 [N, L] on the CPU.</returns>
    public Tensor Tokenize(IReadOnlyList<string> texts, int contextLength = 77, int padId = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(contextLength, 2);
        var ids = new long[texts.Count, contextLength];
        for (var i = 0; i < texts.Count; i++)
        {
            var tokens = Encode(texts[i]);
            var kept = Math.Min(tokens.Count, contextLength - 2);
            ids[i, 0] = StartId;
            for (var k = 0; k < kept; k++)
            {
                ids[i, k + 1] = tokens[k];
            }

            ids[i, kept + 1] = EndId;
            for (var k = kept + 2; k < contextLength; k++)
            {
                ids[i, k] = padId;
            }
        }

        return tensor(ids, device: CPU);
    }

    private static ClipTokenizer Published()
    {
        using var resource = typeof(ClipTokenizer).Assembly.GetManifestResourceStream("ZsMlc.Torch.Clip.merges.txt.gz")!;
        using var reader = new StreamReader(new GZipStream(resource, CompressionMode.Decompress), Encoding.UTF8);
        List<string> merges = [];
        while (reader.ReadLine() is { } line)
        {
            merges.Add(line);
        }

        var letters = ByteLetters().ToList();
        string[] tokens = [.. letters, .. letters.Select(l => l + "</w>"), .. merges.Select(m => m.Replace(" ", "")), StartText, EndText];
        return new(tokens.Select((t, i) => (t, i)).ToDictionary(t => t.t, t => t.i), merges);
    }

    /// <summary>The letters that stand for the 256 bytes, in vocabulary order: printable ones first, then stand-ins from U+0100 on.</summary>
    internal static IEnumerable<string> ByteLetters()
    {
        int[] printable = [.. Enumerable.Range('!', '~' - '!' + 1), .. Enumerable.Range('¡', '¬' - '¡' + 1), .. Enumerable.Range('®', 'ÿ' - '®' + 1)];
        return printable.Concat(Enumerable.Range(256, 256 - printable.Length)).Select(c => ((char)c).ToString());
    }

    [GeneratedRegex(@"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", RegexOptions.IgnoreCase)]
    private static partial Regex Words();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
