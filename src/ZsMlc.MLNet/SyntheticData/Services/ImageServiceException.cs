namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>An image service refuses to work, or fails again and again. The store keeps what was recorded; another run goes on from there.</summary>
/// <param name="message">Which service, what it said, and what to do.</param>
/// <param name="innerException">The client's exception.</param>
public sealed class ImageServiceException(string message, Exception? innerException = null) : Exception(message, innerException);
