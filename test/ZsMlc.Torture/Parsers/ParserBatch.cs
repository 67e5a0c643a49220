using ZsMlc.Torture.Children;

namespace ZsMlc.Torture.Parsers;

/// <summary>A child's batch of inputs for one parser. An input's random numbers depend on its number alone, so that a finding can be repeated.</summary>
internal static class ParserBatch
{
    /// <summary>Most time for an input.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Reads inputs.</summary>
    /// <param name="folder">Folder of the child.</param>
    /// <param name="name">The parser.</param>
    /// <param name="first">Number of the first input.</param>
    /// <param name="count">How many.</param>
    /// <param name="tally">What was done and found.</param>
    public static void Run(string folder, string name, int first, int count, Tally tally)
    {
        var target = ParserTargets.Find(name);
        using var watchdog = new Watchdog(folder, Limit);
        for (var number = first; number < first + count; number++)
        {
            watchdog.At($"{name}, input {number}");
            var bytes = target.Damage(new Random(number));
            tally.Count("executions");
            try
            {
                target.Read(bytes, folder);
                tally.Count($"{name}: read");
            }
            catch (Exception e) when (target.Promises(e))
            {
                tally.Count($"{name}: refused");
            }
            catch (Exception e)
            {
                tally.Find("wrong exception", $"{name}, input {number}: {e.GetType().Name}: {e.Message} {e.StackTrace?.Split('\n').FirstOrDefault()?.Trim()}");
            }
        }
    }
}
