namespace ZsMlc.Torch.Runtime;

/// <summary>The memory of a device does not suffice for what was asked; the message says what to change, the inner exception what libtorch said.</summary>
public sealed class DeviceMemoryException : InvalidOperationException
{
    internal DeviceMemoryException(string message, Exception inner)
        : base($"{message} libtorch: {inner.Message.Split('\n', 2)[0]}", inner)
    {
    }
}
