using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet;

/// <summary>Checks the options that name models.</summary>
internal static class ModelOption
{
    /// <summary>Looks at a model's files; what is wrong with them is told together with the option that named them.</summary>
    /// <param name="option">The option, with the options that hold it.</param>
    /// <param name="look">Reads headers and configuration.</param>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="CheckpointFormatException">A file is damaged.</exception>
    /// <exception cref="ArgumentException">The model does not fit the other options.</exception>
    /// <exception cref="NotSupportedException">It is a model of another kind.</exception>
    public static T Check<T>(string option, Func<T> look)
    {
        try
        {
            return look();
        }
        catch (FileNotFoundException e)
        {
            throw new FileNotFoundException($"{option}: {e.Message}", e.FileName, e);
        }
        catch (CheckpointMismatchException)
        {
            throw;
        }
        catch (CheckpointFormatException e)
        {
            throw new CheckpointFormatException(e.Path, $"{e.Message[(e.Path.Length + 2)..]} ({option})", e);
        }
        catch (NotSupportedException e)
        {
            throw new NotSupportedException($"{option}: {e.Message}", e);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"{option}: {e.Message}", e);
        }
    }
}
