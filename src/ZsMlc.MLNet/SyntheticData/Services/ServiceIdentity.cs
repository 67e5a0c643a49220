namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>What the images of a service depend on, as store and model file name it.</summary>
/// <param name="Provider">The provider, or the client's type where that does not tell.</param>
/// <param name="Address">The service's address without secrets; <see langword="null"/> where the client does not tell.</param>
/// <param name="Model">The model; <see langword="null"/> where neither options nor client tell.</param>
/// <param name="Side">Side of the squares asked for; <see langword="null"/> where the service chooses.</param>
/// <param name="StoredSide">Side of the images that are stored.</param>
/// <param name="MaxAttempts">Attempts at an image without a filter.</param>
/// <param name="SeedProperty">Key of the seed.</param>
/// <param name="NegativePromptProperty">Key of the negative prompt.</param>
internal sealed record ServiceIdentity(string Provider, string? Address, string? Model, int? Side, int StoredSide, int MaxAttempts, string? SeedProperty, string? NegativePromptProperty)
{
    /// <summary>The model's name for records.</summary>
    public string ModelName => Model ?? "default model";

    /// <inheritdoc/>
    public override string ToString() => $"{ModelName} of {Provider}{(Address is null ? "" : $" at {Address}")}";
}
