namespace KrakenDb.DuckDb.Native;

/// <summary>One connection: one transaction, one statement at a time. Only <see cref="Interrupt"/> may be called from another thread.</summary>
internal sealed class DuckDbConnection : IDisposable
{
    private readonly ConnectionHandle _handle;

    internal DuckDbConnection(ConnectionHandle handle) => _handle = handle;

    /// <summary>Runs one or several statements and returns the rows changed by the last one.</summary>
    /// <exception cref="DuckDbException">A statement failed; those before it took effect unless a transaction is open.</exception>
    public long Execute(string sql)
    {
        using var result = Query(sql);
        return result.RowsChanged;
    }

    /// <summary>Runs one or several statements and returns the result of the last one, held in memory.</summary>
    /// <exception cref="DuckDbException">A statement failed; those before it took effect unless a transaction is open.</exception>
    public DuckDbResult Query(string sql)
    {
        var result = new ResultHandle();
        return DuckDbResult.From(NativeMethods.Query(_handle, sql, result), result);
    }

    /// <exception cref="DuckDbException">The statement is wrong or names what does not exist.</exception>
    public DuckDbStatement Prepare(string sql)
    {
        if (NativeMethods.Prepare(_handle, sql, out var statement) == DuckDbState.Success)
        {
            return new DuckDbStatement(statement);
        }

        using (statement)
        {
            throw DuckDbException.FromMessage(
                statement.IsInvalid ? 0 : NativeMethods.PrepareError(statement), "DuckDB could not prepare the statement.");
        }
    }

    /// <summary>Appends to a table by columns; the types are the table's.</summary>
    /// <param name="table">The name as it is, not quoted.</param>
    /// <param name="schema">Null: <c>main</c>.</param>
    /// <param name="catalog">Null: the open file; <c>temp</c> for temporary tables.</param>
    public DuckDbAppender CreateAppender(string table, string? schema = null, string? catalog = null)
    {
        if (NativeMethods.CreateAppender(_handle, catalog, schema, table, out var appender) == DuckDbState.Success)
        {
            return new DuckDbAppender(appender);
        }

        using (appender)
        {
            throw DuckDbAppender.ErrorOf(appender);
        }
    }

    /// <summary>
    /// Stops the running statement, which then throws with <see cref="DuckDbException.IsInterrupt"/>. Does nothing when none runs:
    /// DuckDB forgets interrupts when a statement starts, so use <see cref="InterruptWhen"/> to cancel.
    /// </summary>
    public void Interrupt() => NativeMethods.Interrupt(_handle);

    /// <summary>Interrupts everything that runs on this connection from the cancellation on until the returned scope is disposed.</summary>
    public IDisposable? InterruptWhen(CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled ? new InterruptScope(this, cancellationToken) : null;

    public void Dispose() => _handle.Dispose();

    /// <summary>Repeats the interrupt, because one that arrives just before a statement starts is lost.</summary>
    private sealed class InterruptScope : IDisposable
    {
        private const int RepeatMilliseconds = 10;

        private readonly Lock _lock = new();
        private readonly DuckDbConnection _connection;
        private readonly CancellationTokenRegistration _registration;
        private Timer? _timer;
        private bool _isDisposed;

        public InterruptScope(DuckDbConnection connection, CancellationToken cancellationToken)
        {
            _connection = connection;
            _registration = cancellationToken.UnsafeRegister(static scope => ((InterruptScope)scope!).Start(), this);
        }

        public void Dispose()
        {
            lock (_lock)
            {
                _isDisposed = true;
                _timer?.Dispose();
            }

            _registration.Dispose();
        }

        private void Start()
        {
            lock (_lock)
            {
                if (!_isDisposed)
                {
                    _timer = new Timer(static scope => ((InterruptScope)scope!).Interrupt(), this, 0, RepeatMilliseconds);
                }
            }
        }

        private void Interrupt()
        {
            lock (_lock)
            {
                if (!_isDisposed)
                {
                    _connection.Interrupt();
                }
            }
        }
    }
}
