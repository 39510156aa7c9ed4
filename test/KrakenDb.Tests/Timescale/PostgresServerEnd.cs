using KrakenDb.Tests.Timescale;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresServerEnd))]

namespace KrakenDb.Tests.Timescale;

/// <summary>
/// Stops the run's server while the run still lasts. At the end of the process it took more than the ten seconds that xUnit grants a busy machine, which then says that
/// "foreground threads were left running" and fails the run.
/// </summary>
public sealed class PostgresServerEnd : IDisposable
{
    public void Dispose() => PostgresServer.StopShared();
}
