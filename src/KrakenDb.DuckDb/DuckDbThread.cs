using System.Collections.Concurrent;

namespace KrakenDb.DuckDb;

/// <summary>
/// Threads of the engine's own: DuckDB's calls block, and a blocked pool thread is one that the program misses. One queue, taken in order.
/// </summary>
internal sealed class DuckDbThread : IDisposable
{
    private readonly BlockingCollection<Action> _jobs = [];
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
    /// <exception cref="ObjectDisposedException">The store was closed.</exception>
    public Task<T> RunAsync<T>(Func<DuckDbSession, T> job, CancellationToken cancellationToken)
    {
        var queued = new Job<T>(this, job, cancellationToken);
        queued.WatchWhileQueued();
        try
        {
            _jobs.Add(queued.Run, CancellationToken.None);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ObjectDisposedException)
        {
            // Closed between the caller's look and now.
            queued.Forget();
            return Task.FromException<T>(new ObjectDisposedException(nameof(IMarketStore), "The store was closed."));
        }

        return queued.Completion;
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
            job();
        }
    }

    /// <summary>One call: waiting, then running or cancelled.</summary>
    private sealed class Job<T>(DuckDbThread owner, Func<DuckDbSession, T> work, CancellationToken cancellationToken)
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private CancellationTokenRegistration _whileQueued;
        private int _isTaken;

        public Task<T> Completion => _completion.Task;

        /// <summary>A caller who cancels does not wait for the jobs before its own.</summary>
        public void WatchWhileQueued() => _whileQueued = cancellationToken.UnsafeRegister(static job => ((Job<T>)job!).CancelQueued(), this);

        public void Forget() => _whileQueued.Dispose();

        public void Run()
        {
            if (Interlocked.Exchange(ref _isTaken, 1) != 0)
            {
                return;
            }

            if (cancellationToken.IsCancellationRequested)
            {
                _completion.SetCanceled(cancellationToken);
                return;
            }

            try
            {
                _completion.SetResult(owner._file.WithSession(InterruptibleWork));
            }
            catch (Native.DuckDbException exception) when (exception.IsInterrupt && cancellationToken.IsCancellationRequested)
            {
                _completion.SetCanceled(cancellationToken);
            }
            catch (OperationCanceledException exception)
            {
                _completion.SetCanceled(exception.CancellationToken);
            }
            catch (Native.DuckDbException exception)
            {
                _completion.SetException(DuckDbFailure.Explain(owner._file.Path, exception));
            }
            catch (Exception exception)
            {
                _completion.SetException(exception);
            }
            finally
            {
                _whileQueued.Dispose();
            }
        }

        private T InterruptibleWork(DuckDbSession session)
        {
            using (owner._interruptsJobs ? session.Connection.InterruptWhen(cancellationToken) : null)
            {
                return work(session);
            }
        }

        private void CancelQueued()
        {
            if (Interlocked.Exchange(ref _isTaken, 1) == 0)
            {
                _completion.SetCanceled(cancellationToken);
            }
        }
    }
}
