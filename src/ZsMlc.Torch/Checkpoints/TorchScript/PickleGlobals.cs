using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints.TorchScript;

/// <summary>The closed list of Python's names in a TorchScript pickle, and what stands for a call of each.</summary>
internal static class PickleGlobals
{
    private static readonly Dictionary<string, (ScalarType Type, int Size)> s_storages = new()
    {
        ["DoubleStorage"] = (ScalarType.Float64, 8), ["FloatStorage"] = (ScalarType.Float32, 4), ["HalfStorage"] = (ScalarType.Float16, 2),
        ["BFloat16Storage"] = (ScalarType.BFloat16, 2), ["LongStorage"] = (ScalarType.Int64, 8), ["IntStorage"] = (ScalarType.Int32, 4),
        ["ShortStorage"] = (ScalarType.Int16, 2), ["CharStorage"] = (ScalarType.Int8, 1), ["ByteStorage"] = (ScalarType.Byte, 1),
        ["BoolStorage"] = (ScalarType.Bool, 1),
    };

    private static readonly Dictionary<string, Func<PickleGlobal, object?[], object?>> s_calls = new()
    {
        ["collections.OrderedDict"] = (_, arguments) => arguments.Length == 0 ? new Dictionary<object, object?>() : throw new FormatException("an ordered dictionary with arguments."),
        ["torch._utils._rebuild_tensor_v2"] = (_, arguments) => TensorRebuild.Tensor(arguments),
        ["torch.device"] = (type, _) => new PickleOpaque(type),
        ["torch.jit._pickle.build_intlist"] = List,
        ["torch.jit._pickle.build_doublelist"] = List,
        ["torch.jit._pickle.build_boollist"] = List,
        ["torch.jit._pickle.build_tensorlist"] = List,
        ["torch.jit._pickle.restore_type_tag"] = (_, arguments) => arguments.Length == 2 ? arguments[0] : throw new FormatException($"a typed value of {arguments.Length} parts; expected 2."),
    };

    /// <summary>A name of the list, or of a class of the archive.</summary>
    /// <exception cref="FormatException">It is any other.</exception>
    public static PickleGlobal Find(string module, string name)
    {
        var global = new PickleGlobal(module, name);
        return global.IsOwnClass || s_calls.ContainsKey(global.ToString()) || (module == "torch" && s_storages.ContainsKey(name))
            ? global
            : throw new FormatException($"the pickle asks for {global}, which is refused: tensors and modules need no such name.");
    }

    /// <summary>The value that a call stands for.</summary>
    public static object? Reduce(PickleGlobal global, object?[] arguments) =>
        s_calls.TryGetValue(global.ToString(), out var call) ? call(global, arguments)
        : global.IsOwnClass ? new PickleOpaque(global)
        : throw new FormatException($"{global} is called.");

    /// <summary>The storage that a persistent id names: <c>("storage", type, key, device, number of elements)</c>.</summary>
    public static PickleStorage Storage(object?[] id) =>
        id is ["storage", PickleGlobal { Module: "torch" } type, string key, string, long and >= 0 and var count] && s_storages.TryGetValue(type.Name, out var element)
            ? new(element.Type, element.Size, key, count)
            : throw new FormatException("a storage is not described by its type, key, device and number of elements.");

    private static object? List(PickleGlobal global, object?[] arguments) =>
        arguments is [List<object?> list] ? list : throw new FormatException($"{global} without a list.");
}
