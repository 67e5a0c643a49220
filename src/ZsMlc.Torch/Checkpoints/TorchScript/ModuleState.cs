namespace ZsMlc.Torch.Checkpoints.TorchScript;

/// <summary>Names the parameters and buffers of a module and of those inside it, as a state dict does.</summary>
internal static class ModuleState
{
    private const int MaxDepth = 100, MaxObjects = 100_000, MaxName = 1000;

    /// <summary>The tensors by their full names.</summary>
    /// <param name="root">What the archive's pickle holds.</param>
    /// <param name="isState">Whether an attribute of a class is a parameter or buffer.</param>
    /// <exception cref="FormatException">It is no module, or modules are nested without end.</exception>
    public static Dictionary<string, PickleTensor> Of(object? root, Func<PickleGlobal, string, bool> isState)
    {
        Dictionary<string, PickleTensor> tensors = [];
        var objects = 0;
        void Walk(PickleObject module, string prefix, int depth)
        {
            // A module may stand in several places; one inside itself, or doubled at every level, would have no end.
            if (depth > MaxDepth || ++objects > MaxObjects || prefix.Length > MaxName)
            {
                throw new FormatException($"modules are nested deeper than {MaxDepth}, are more than {MaxObjects}, or have names of more than {MaxName} letters.");
            }

            foreach (var (name, value) in module.Attributes)
            {
                switch (value)
                {
                    case PickleTensor tensor when isState(module.Type, name):
                        if (!tensors.TryAdd(prefix + name, tensor))
                        {
                            throw new FormatException($"two tensors have the name '{prefix + name}'.");
                        }

                        break;
                    case PickleObject inner:
                        Walk(inner, $"{prefix}{name}.", depth + 1);
                        break;
                }
            }
        }

        Walk(root as PickleObject ?? throw new FormatException("it does not hold a module."), "", 0);
        return tensors;
    }
}
