using KrakenDb.DuckDb.Native;

namespace KrakenDb.DuckDb;

/// <summary>A connection with its prepared statements; used by one thread at a time.</summary>
internal sealed class DuckDbSession(DuckDbConnection connection) : IDisposable
{
    private readonly Dictionary<string, DuckDbStatement> _statements = new(StringComparer.Ordinal);

    public DuckDbConnection Connection { get; } = connection;

    /// <summary>The statement of this text, prepared on first use. Parameters keep their values: bind all of them.</summary>
    public DuckDbStatement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            _statements[sql] = statement = Connection.Prepare(sql);
        }

        return statement;
    }

    /// <summary>Ends the open transaction without effect; returns DuckDB's reason where it had none to end.</summary>
    public string? TryRollBack()
    {
        try
        {
            Connection.Execute("ROLLBACK");
            return null;
        }
        catch (DuckDbException exception)
        {
            return exception.Message;
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        Connection.Dispose();
    }
}
