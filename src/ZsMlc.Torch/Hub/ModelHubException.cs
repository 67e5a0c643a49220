namespace ZsMlc.Torch.Hub;

/// <summary>The hub refused or broke off a download, or sent something else than it announced. The message says which model and file, and what to do.</summary>
/// <param name="message">What happened.</param>
/// <param name="inner">The exception of the network, if any.</param>
public sealed class ModelHubException(string message, Exception? inner = null) : IOException(message, inner);
