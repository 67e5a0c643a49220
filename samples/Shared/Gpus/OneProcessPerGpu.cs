using System.Diagnostics;
using System.Globalization;
using ZsMlc.MLNet.SyntheticData;

namespace ZsMlc.Samples;

/// <summary>Runs a command once for each of several GPUs, as shards of the same work.</summary>
/// <param name="command">The command line; the value of <c>--gpu</c> is replaced.</param>
/// <param name="gpus">Indices of the GPUs.</param>
internal sealed class OneProcessPerGpu(IReadOnlyList<string> command, IReadOnlyList<int> gpus)
{
    /// <summary>Waits for all processes, which write to the console.</summary>
    /// <returns><see cref="ExitCode.Done"/> when all are done, <see cref="ExitCode.WrongUse"/> when one says so, else <see cref="ExitCode.TryAgain"/>.</returns>
    /// <exception cref="OperationCanceledException">The work was cancelled; the processes are ended.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var whole = Shard.FromEnvironment();
        var codes = await Task.WhenAll(gpus.Select((gpu, i) => RunAsync(gpu, new Shard(whole.Index * gpus.Count + i, whole.Count * gpus.Count), cancellationToken)));
        return codes.All(code => code == ExitCode.Done) ? ExitCode.Done : codes.Contains(ExitCode.WrongUse) ? ExitCode.WrongUse : ExitCode.TryAgain;
    }

    private async Task<int> RunAsync(int gpu, Shard shard, CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = StartOf(gpu, shard) };
        process.OutputDataReceived += (_, line) => Pass(line, Console.Out);
        process.ErrorDataReceived += (_, line) => Pass(line, Console.Error);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            // A store is whole whenever a process is killed.
            process.Kill(entireProcessTree: true);
            throw;
        }

        void Pass(DataReceivedEventArgs line, TextWriter output)
        {
            if (line.Data is { } text)
            {
                output.WriteLine($"GPU {gpu}: {text}");
            }
        }
    }

    private ProcessStartInfo StartOf(int gpu, Shard shard)
    {
        var library = typeof(OneProcessPerGpu).Assembly.Location;
        var own = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == typeof(OneProcessPerGpu).Assembly.GetName().Name ? path : null;
        string[] arguments = [.. command.Select((word, i) => i > 0 && command[i - 1] == "--gpu" ? Text(gpu) : word)];
        var start = new ProcessStartInfo(own ?? "dotnet", own is null ? [library, .. arguments] : arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ZSMLC_SHARD_INDEX"] = Text(shard.Index);
        start.Environment["ZSMLC_SHARD_COUNT"] = Text(shard.Count);
        start.Environment.TryAdd("OMP_NUM_THREADS", Text(Math.Max(1, Environment.ProcessorCount / gpus.Count)));
        return start;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
