using System.Net.Sockets;
using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>The driver's and the server's errors in words that say what to do next. Never a password.</summary>
internal static class PostgresFailure
{
    public static MarketStoreException Explain(NpgsqlConnectionStringBuilder settings, Exception exception)
    {
        var location = PostgresUrl.Describe(settings);
        if (exception is PostgresException refused)
        {
            var (next, isTransient) = Advice(settings, refused);
            return new MarketStoreException($"{location}: {refused.MessageText}.{next}", exception)
            {
                IsTransient = isTransient,

                // Class 22, data exception, and 23, integrity constraint violation; P0001 is what a trigger of the user's raises.
                RefusesRows = refused.SqlState is ['2', '2' or '3', ..] or PostgresErrorCodes.RaiseException,
            };
        }

        if (exception.Message.Contains("No password has been provided", StringComparison.Ordinal))
        {
            return new MarketStoreException($"{location}: the server asks for a password and none was given. Set DB_PASSWORD or PGPASSWORD, or put it into the password file.", exception);
        }

        var innermost = Innermost(exception);
        var reason = innermost switch
        {
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => $"there is no host '{settings.Host}'. Check the URL",
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "nothing listens there. Check host and port, or start the server",
            TimeoutException => "no answer in time. Check that the server runs and can be reached",
            System.Security.Authentication.AuthenticationException tls => $"no trusted TLS connection ({FirstLine(tls.Message)}). Check sslmode and sslrootcert",
            _ when exception.Message.Contains("pool has been exhausted", StringComparison.Ordinal) => "all connections are in use. Give more with --pool-max-size",
            var inner => $"the connection broke ({FirstLine(inner.Message)}). What was committed is kept; the next command connects again",
        };
        return new MarketStoreException($"{location}: {reason}.", exception) { IsTransient = innermost is not System.Security.Authentication.AuthenticationException };
    }

    /// <summary>Whether the connection is gone, so that another one may serve.</summary>
    public static bool IsBroken(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown } => true,
        PostgresException => false,
        NpgsqlException npgsql => npgsql.InnerException is IOException or SocketException or ObjectDisposedException,
        _ => false,
    };

    private static (string Next, bool IsTransient) Advice(NpgsqlConnectionStringBuilder settings, PostgresException refused) => refused.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification when string.IsNullOrEmpty(settings.Password) =>
            (" Set DB_PASSWORD or PGPASSWORD, or put the password into the password file.", false),
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            (" The password came from the URL, DB_PASSWORD or PGPASSWORD, in this order; correct it there.", false),
        PostgresErrorCodes.InvalidCatalogName => ($" An administrator can create it: CREATE DATABASE \"{settings.Database}\" OWNER \"{settings.Username}\";", false),
        PostgresErrorCodes.InsufficientPrivilege => ($" An administrator can allow it: GRANT CREATE ON SCHEMA public TO \"{settings.Username}\";", false),
        PostgresErrorCodes.DiskFull => (" Free some space on the server's disk and run the same command again; what was committed is kept.", true),
        PostgresErrorCodes.LockNotAvailable => (" Something else holds the rows; run the same command again, or give more time with the URL's option lock_timeout.", true),
        PostgresErrorCodes.QueryCanceled => (" The server cancelled the statement; raise statement_timeout or run the same command again.", true),
        PostgresErrorCodes.TooManyConnections => (" The server has no connection left; close some, or lower --pool-max-size.", true),
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow => (" The server stops or starts; run the same command again in a moment.", true),
        PostgresErrorCodes.OutOfMemory when refused.MessageText.Contains("shared memory", StringComparison.Ordinal) => (" Set max_locks_per_transaction = 1024 and restart the server.", false),
        PostgresErrorCodes.UndefinedTable => (" The tables are missing: kraken-db db init.", false),
        PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure => (" Run the same command again.", true),
        _ => ("", false),
    };

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception;
    }

    private static string FirstLine(string message) => message.Split('\n')[0].Trim().TrimEnd('.');
}
