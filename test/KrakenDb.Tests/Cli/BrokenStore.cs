namespace KrakenDb.Tests.Cli;

/// <summary>A store whose every call fails as no store should.</summary>
internal sealed class BrokenStore : ForwardingStore
{
    protected override IMarketReader Reader => throw new NotSupportedException("broken on purpose");

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
