using KrakenDb.Tests.Storage;
using Xunit;

namespace KrakenDb.Tests.Timescale;

public sealed class StoreInterleavingTimescaleTests : StoreInterleavingContract, IAsyncLifetime
{
    private protected override int Cases => 3;

    // Inside a property a missing server would be a counterexample.
    public ValueTask InitializeAsync()
    {
        TestDatabase.RequireTimescale();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private protected override async Task<IStorePlace> CreatePlaceAsync() => new DatabasePlace(await TestDatabase.CreateTimescaleAsync());
}
