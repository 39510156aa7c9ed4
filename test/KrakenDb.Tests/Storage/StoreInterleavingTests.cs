namespace KrakenDb.Tests.Storage;

/// <summary>On the embedded engine.</summary>
public sealed class StoreInterleavingTests : StoreInterleavingContract
{
    private protected override int Cases => 8;

    private protected override Task<IStorePlace> CreatePlaceAsync() => Task.FromResult<IStorePlace>(new DuckDbPlace());
}
