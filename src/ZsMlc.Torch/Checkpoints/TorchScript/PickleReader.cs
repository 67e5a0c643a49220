namespace ZsMlc.Torch.Checkpoints.TorchScript;

/// <summary>
/// Reads the pickle of a TorchScript archive: a stack machine that knows the instructions of <see cref="PickleOpcode"/>
/// and the names of <see cref="PickleGlobals"/>, builds values and runs nothing. Time and memory are bounded by
/// <see cref="MaxLength"/> and <see cref="MaxInstructions"/>; no call is nested, however deep the values are.
/// </summary>
internal sealed class PickleReader
{
    /// <summary>Longest pickle accepted, in bytes; that of a large CLIP model has 100,000.</summary>
    public const int MaxLength = 1 << 24;

    /// <summary>Most instructions accepted, and so most values; the pickle of a large CLIP model has 20,000.</summary>
    public const int MaxInstructions = 1_000_000;

    private readonly Stack<object?> _stack = new();
    private readonly Stack<int> _marks = new();
    private readonly Dictionary<uint, object?> _memo = [];

    /// <summary>Reads a whole pickle.</summary>
    /// <exception cref="FormatException">It is damaged, too long, or has an instruction or a name that tensor records do not need.</exception>
    public static object? Read(ReadOnlySpan<byte> bytes)
    {
        var stream = new PickleStream(bytes);
        try
        {
            return new PickleReader().Run(ref stream);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new FormatException($"byte {stream.Position}: {e.Message}", e);
        }
    }

    private object? Run(ref PickleStream stream)
    {
        for (var i = 0; i < MaxInstructions; i++)
        {
            var opcode = (PickleOpcode)stream.Byte();
            switch (opcode)
            {
                case PickleOpcode.Stop: return Pop();
                case PickleOpcode.Protocol: CheckProtocol(stream.Byte()); break;
                case PickleOpcode.Mark: _marks.Push(_stack.Count); break;
                case PickleOpcode.None: _stack.Push(null); break;
                case PickleOpcode.True: _stack.Push(true); break;
                case PickleOpcode.False: _stack.Push(false); break;
                case PickleOpcode.Byte: _stack.Push((long)stream.Byte()); break;
                case PickleOpcode.UInt16: _stack.Push((long)stream.UInt16()); break;
                case PickleOpcode.Int32: _stack.Push((long)stream.Int32()); break;
                case PickleOpcode.LongInteger: _stack.Push(stream.LongInteger()); break;
                case PickleOpcode.Double: _stack.Push(stream.Double()); break;
                case PickleOpcode.Text: _stack.Push(stream.Text()); break;
                case PickleOpcode.EmptyTuple: _stack.Push(Array.Empty<object?>()); break;
                case PickleOpcode.Tuple: _stack.Push(PopToMark()); break;
                case PickleOpcode.Tuple1: _stack.Push(PopMany(1)); break;
                case PickleOpcode.Tuple2: _stack.Push(PopMany(2)); break;
                case PickleOpcode.Tuple3: _stack.Push(PopMany(3)); break;
                case PickleOpcode.EmptyList: _stack.Push(new List<object?>()); break;
                case PickleOpcode.Append: Append(PopMany(1)); break;
                case PickleOpcode.Appends: Append(PopToMark()); break;
                case PickleOpcode.EmptyDictionary: _stack.Push(new Dictionary<object, object?>()); break;
                case PickleOpcode.SetItem: Add(PopMany(2)); break;
                case PickleOpcode.SetItems: Add(PopToMark()); break;
                case PickleOpcode.Put: _memo[stream.Byte()] = Peek(); break;
                case PickleOpcode.LongPut: _memo[stream.UInt32()] = Peek(); break;
                case PickleOpcode.Get: _stack.Push(Recall(stream.Byte())); break;
                case PickleOpcode.LongGet: _stack.Push(Recall(stream.UInt32())); break;
                case PickleOpcode.Global: _stack.Push(PickleGlobals.Find(stream.Line(), stream.Line())); break;
                case PickleOpcode.PersistentId: _stack.Push(PickleGlobals.Storage(Pop<object?[]>("a tuple"))); break;
                case PickleOpcode.Reduce: Reduce(); break;
                case PickleOpcode.NewObject: Create(); break;
                case PickleOpcode.Build: Build(); break;
                default: throw new FormatException($"the instruction 0x{(byte)opcode:x2} is none that TorchScript writes.");
            }
        }

        throw new FormatException($"more than {MaxInstructions} instructions.");
    }

    private static void CheckProtocol(byte protocol)
    {
        if (protocol != 2)
        {
            throw new FormatException($"pickle protocol {protocol}; TorchScript writes 2.");
        }
    }

    private void Append(object?[] items) => Peek<List<object?>>("a list").AddRange(items);

    private void Add(object?[] items)
    {
        var target = Peek<Dictionary<object, object?>>("a dictionary");
        for (var i = 0; i + 1 < items.Length; i += 2)
        {
            if (!target.TryAdd(items[i] ?? throw new FormatException("a dictionary has the key None."), items[i + 1]))
            {
                throw new FormatException($"a dictionary has the key '{items[i]}' twice.");
            }
        }

        if (items.Length % 2 != 0)
        {
            throw new FormatException("the last key of a dictionary has no value.");
        }
    }

    private void Reduce()
    {
        var arguments = Pop<object?[]>("a tuple of arguments");
        _stack.Push(PickleGlobals.Reduce(Pop<PickleGlobal>("a name"), arguments));
    }

    private void Create()
    {
        _ = Pop<object?[]>("a tuple of arguments");
        var type = Pop<PickleGlobal>("a class");
        _stack.Push(type.IsOwnClass ? new PickleObject(type) : throw new FormatException($"an object of the class {type}, which is none of the archive's."));
    }

    private void Build()
    {
        var state = Pop();
        var target = Peek<PickleObject>("an object");
        if (state is not Dictionary<object, object?> attributes || target.Attributes.Count > 0)
        {
            throw new FormatException($"an object of the class {target.Type} is restored by its own code, which is not run.");
        }

        target.Attributes = attributes.ToDictionary(a => a.Key as string ?? throw new FormatException($"an attribute of {target.Type} has no name."), a => a.Value);
    }

    private object? Recall(uint index) =>
        _memo.TryGetValue(index, out var value) ? value : throw new FormatException($"the value {index} is used but was never stored.");

    private object?[] PopToMark() =>
        _marks.TryPop(out var mark) && mark <= _stack.Count ? PopMany(_stack.Count - mark) : throw new FormatException("a collection that was never begun ends.");

    private object?[] PopMany(int count)
    {
        var values = new object?[count];
        for (var i = count - 1; i >= 0; i--)
        {
            values[i] = Pop();
        }

        return values;
    }

    private object? Pop() => _stack.TryPop(out var value) ? value : throw Missing();

    private T Pop<T>(string what) => Pop() is T value ? value : throw new FormatException($"expected {what}.");

    private object? Peek() => _stack.TryPeek(out var value) ? value : throw Missing();

    private T Peek<T>(string what) => Peek() is T value ? value : throw new FormatException($"expected {what}.");

    private static FormatException Missing() => new("an instruction finds no value.");
}
