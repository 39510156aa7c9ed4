using System.Collections.Concurrent;

namespace KrakenDb.DuckDb;

/// <summary>
/// Threads of the engine's own: DuckDB's calls block, and a blocked pool thread is one that the program misses. One queue, taken in order.
/// </summary>
internal sealed class DuckDbThread : IDisposable
{
    private readonly BlockingCollection<Action<DuckDbSession>> _jobs = [];
    private readonly DuckDbFile _file;
    private readonly Thread[] _threads;
    private readonly bool _interruptsJobs;

    /// <param name="file">Gives each thread its connection.</param>
    /// <param name="name">Seen in debuggers.</param>
    /// <param name="count">How many jobs run at once.</param>
    /// <param name="interruptsJobs">Whether cancelling interrupts any statement of a job; false where a job decides itself, because a commit must not be cut off.</param>
    public DuckDbThread(DuckDbFile file, string name, int count, bool interruptsJobs)
    {
        _file = file;
        _interruptsJobs = interruptsJobs;
        _threads = new Thread[count];
        for (var index = 0; index < count; index++)
        {
            _threads[index] = new Thread(Work) { IsBackground = true, Name = name };
            _threads[index].Start();
        }
    }

    /// <summary>Runs a job on one of the threads.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled before or during the job.</exception>
    /// <exception cref="MarketStoreException">DuckDB refused; the message is its own.</exception>
    public Task<T> RunAsync<T>(Func<DuckDbSession, T> job, CancellationToken cancellationToken)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _jobs.Add(
            session =>
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    completion.SetCanceled(cancellationToken);
                    return;
                }

                try
                {
                    T result;
                    using (_interruptsJobs ? session.Connection.InterruptWhen(cancellationToken) : null)
                    {
                        result = job(session);
                    }

                    completion.SetResult(result);
                }
                catch (Native.DuckDbException exception) when (exception.IsInterrupt && cancellationToken.IsCancellationRequested)
                {
                    completion.SetCanceled(cancellationToken);
                }
                catch (OperationCanceledException exception)
                {
                    completion.SetCanceled(exception.CancellationToken);
                }
                catch (Native.DuckDbException exception)
                {
                    completion.SetException(_file.Explain(exception));
                }
                catch (Exception exception)
                {
                    completion.SetException(exception);
                }
            },
            CancellationToken.None);
        return completion.Task;
    }

    public void Dispose()
    {
        _jobs.CompleteAdding();
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _jobs.Dispose();
    }

    private void Work()
    {
        foreach (var job in _jobs.GetConsumingEnumerable())
        {
            _file.WithSession(job);
        }
    }
}
