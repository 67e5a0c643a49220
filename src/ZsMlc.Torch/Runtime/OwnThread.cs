using System.Collections.Concurrent;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// A thread that does one piece of work after the other. libtorch keeps cuDNN's plans, cuBLAS's handles and OpenMP's team
/// for each thread: work that wanders over the threads of a pool makes them anew on every one.
/// </summary>
/// <param name="name">The thread's name, for debuggers.</param>
internal sealed class OwnThread(string name) : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Lock _gate = new();
    private Thread? _thread;

    /// <summary>Does a piece of work when those before it are done.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellation">Takes the work back as long as it has not begun.</param>
    public Task<T> Run<T>(Func<T> work, CancellationToken cancellation)
    {
        Task<T> task = new(work, cancellation, TaskCreationOptions.DenyChildAttach | TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_thread is null)
            {
                _thread = new(Loop) { Name = name, IsBackground = true };
                _thread.Start();
            }

            _work.Add(() => RunHere(task), CancellationToken.None);
        }

        return task;
    }

    /// <summary>Ends the thread when the work that it was given is done.</summary>
    public void Dispose() => _work.CompleteAdding();

    // A scheduler of its own would only hide this call; one that was cancelled meanwhile has ended already.
    private static void RunHere(Task task)
    {
        if (!task.IsCompleted)
        {
            task.RunSynchronously(TaskScheduler.Default);
        }
    }

    private void Loop()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
