using KrakenDb.Tests.Storage;
using Xunit;

namespace KrakenDb.Tests.Timescale;

public sealed class StoreInterleavingPostgresTests : StoreInterleavingContract, IAsyncLifetime
{
    private protected override int Cases => 4;

    // Inside a property a missing server would be a counterexample.
    public ValueTask InitializeAsync()
    {
        PostgresServer.Shared();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private protected override async Task<IStorePlace> CreatePlaceAsync() => new DatabasePlace(await TestDatabase.CreatePlainAsync());
}
