namespace KrakenDb.DuckDb.Native;

/// <summary>An open database. DuckDB keeps the file open until the database and all its connections are disposed.</summary>
internal sealed class DuckDbDatabase : IDisposable
{
    private readonly DatabaseHandle _handle;

    private DuckDbDatabase(DatabaseHandle handle) => _handle = handle;

    /// <param name="path">A file, or <c>:memory:</c>.</param>
    /// <param name="config">DuckDB's settings by name.</param>
    /// <exception cref="DuckDbException">A setting is refused or the file cannot be opened.</exception>
    /// <exception cref="DllNotFoundException">DuckDB's library is missing.</exception>
    public static DuckDbDatabase Open(string path, IReadOnlyDictionary<string, string> config)
    {
        DuckDbLibrary.EnsureLoaded();
        if (NativeMethods.CreateConfig(out var settings) != DuckDbState.Success)
        {
            throw new DuckDbException(DuckDbErrorType.Internal, "DuckDB could not create a configuration.");
        }

        using (settings)
        {
            foreach (var (name, value) in config)
            {
                if (NativeMethods.SetConfig(settings, name, value) != DuckDbState.Success)
                {
                    throw new DuckDbException(DuckDbErrorType.InvalidConfiguration, $"DuckDB refuses the setting {name} = '{value}'.");
                }
            }

            if (NativeMethods.Open(path, out var database, settings, out var error) == DuckDbState.Success)
            {
                return new DuckDbDatabase(database);
            }

            database.Dispose();
            var exception = DuckDbException.FromMessage(error, $"DuckDB could not open '{path}'.");
            NativeMethods.Free(error);
            throw exception;
        }
    }

    /// <summary>A connection has one transaction and runs one statement at a time; different connections may be used in parallel.</summary>
    public DuckDbConnection Connect()
    {
        if (NativeMethods.Connect(_handle, out var connection) == DuckDbState.Success)
        {
            return new DuckDbConnection(connection);
        }

        connection.Dispose();
        throw new DuckDbException(DuckDbErrorType.Connection, "DuckDB could not open a connection.");
    }

    public void Dispose() => _handle.Dispose();
}
