namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>Asks an image service until it answers: so many requests at a time, with pauses where it asks for them, and again where it fails without blame.</summary>
/// <param name="identity">The service, for messages.</param>
/// <param name="ask">Asks once, for the image as a file.</param>
/// <param name="options">What is put up with.</param>
internal sealed class ImageService(ServiceIdentity identity, Func<ServiceRequest, CancellationToken, Task<byte[]>> ask, ImageServiceOptions options)
{
    private readonly SemaphoreSlim _places = new(options.MaxConcurrency);
    private long _pausedUntil;

    /// <summary>Gets the most images that a store may be paid for.</summary>
    public int? MaxImages => options.MaxImages;

    /// <summary>Asks for one image, as soon as there is a place among the requests under way.</summary>
    /// <param name="request">The image.</param>
    /// <param name="begin">Once cancelled, nothing more is asked; what is under way comes to its end.</param>
    /// <param name="cancellationToken">Cancels what is under way too.</param>
    /// <exception cref="ImageServiceException">The service refuses to work, or has failed too often.</exception>
    /// <exception cref="OperationCanceledException">One of the tokens was cancelled.</exception>
    public async Task<ServiceAnswer> AskAsync(ServiceRequest request, CancellationToken begin, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(begin).ConfigureAwait(false);
        try
        {
            for (var tries = 1; ; tries++)
            {
                await PauseAsync(begin).ConfigureAwait(false);
                try
                {
                    return new(await AskOnceAsync(request, cancellationToken).ConfigureAwait(false), null);
                }
                catch (Exception e)
                {
                    // Clients tell of a cancellation in many ways.
                    cancellationToken.ThrowIfCancellationRequested();
                    var failure = ServiceFailure.Of(e);
                    if (failure.IsRefusal || options.IsRefusal?.Invoke(e) == true)
                    {
                        return new(null, failure.Message);
                    }

                    await Task.Delay(DelayAfter(failure, tries, e), begin).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<Images.RgbPixels> AskOnceAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.Timeout);
        try
        {
            // Whether or not the client looks at the token.
            var file = await ask(request, patience.Token).WaitAsync(patience.Token).ConfigureAwait(false);
            return AnsweredImage.Read(file, options.StoredSide);
        }
        catch (Exception e) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {options.Timeout.TotalSeconds:0.###} s ({nameof(ImageServiceOptions)}.{nameof(options.Timeout)})", e);
        }
    }

    private TimeSpan DelayAfter(ServiceFailure failure, int tries, Exception e)
    {
        if (failure.IsFinal || tries == options.MaxTries)
        {
            throw Stop($"{failure.Message}{(failure.IsFinal || tries == 1 ? "" : $" (the last of {tries} tries)")}", e);
        }

        if (failure.RetryAfter is not { } asked)
        {
            return TimeSpan.FromTicks((long)Math.Min(options.MaxDelay.Ticks, options.FirstDelay.Ticks * Math.Pow(2, tries - 1)));
        }

        if (asked > options.MaxDelay)
        {
            throw Stop($"it asks to wait for {asked.TotalSeconds:0} s, longer than {nameof(ImageServiceOptions)}.{nameof(options.MaxDelay)} ({options.MaxDelay.TotalSeconds:0} s); it said: {failure.Message}", e);
        }

        // The service is too busy for all of our requests, not for this one alone.
        var until = Environment.TickCount64 + (long)asked.TotalMilliseconds;
        for (var known = Volatile.Read(ref _pausedUntil); known < until; known = Volatile.Read(ref _pausedUntil))
        {
            Interlocked.CompareExchange(ref _pausedUntil, until, known);
        }

        return asked;
    }

    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        for (var left = Left(); left > 0; left = Left())
        {
            await Task.Delay((int)left, cancellationToken).ConfigureAwait(false);
        }

        long Left() => Volatile.Read(ref _pausedUntil) - Environment.TickCount64;
    }

    private ImageServiceException Stop(string what, Exception e) =>
        new($"The image service ({identity}) makes no images: {what} The store keeps those that came; fit again to go on.", e);
}
