using System.Diagnostics;
using System.Reflection;

namespace ZsMlc.Torch.Runtime;

/// <summary>Tells from the stack who disposes an object, for the message that later users of it get.</summary>
internal static class DisposalCaller
{
    private static readonly string[] s_passedOver = ["ZsMlc.Torch", "ZsMlc.MLNet", "TorchSharp"];

    /// <summary>The user's method, and in front of it the method of ML.NET through which it disposed, if any.</summary>
    public static string Find()
    {
        var methods = new StackTrace(false).GetFrames().Select(f => f.GetMethod()).OfType<MethodBase>()
            .Where(m => Assembly(m) is { } name && !s_passedOver.Contains(name) && !name.StartsWith("System.", StringComparison.Ordinal)).ToList();
        var own = methods.TakeWhile(m => Assembly(m)!.StartsWith("Microsoft.ML", StringComparison.Ordinal)).Count();
        var found = methods.Skip(own - 1).Take(own > 0 ? 2 : 1).Select(Name).ToList();
        return found.Count > 0 ? string.Join(", called by ", found) : "a method that the stack does not tell";
    }

    private static string? Assembly(MethodBase method) => method.DeclaringType?.Assembly.GetName().Name;

    private static string Name(MethodBase method)
    {
        // The compiler puts lambdas and asynchronous methods into nested types, and the method's name between brackets.
        var (type, name) = (method.DeclaringType!, method.Name);
        while (type.DeclaringType is { } outer && type.Name.StartsWith('<'))
        {
            name = type.Name.IndexOf('>') > 1 ? type.Name : name;
            type = outer;
        }

        return $"{type.Name.Split('`')[0]}.{(name.StartsWith('<') ? name[1..name.IndexOf('>')] : name)}";
    }
}
