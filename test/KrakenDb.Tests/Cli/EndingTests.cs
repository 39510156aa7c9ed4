using KrakenDb.Cli;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Cli;

public sealed class EndingTests
{
    private readonly ManualClock _clock = new(Rows.Start.AddDays(200));
    private readonly IMarketStore _store;

    public EndingTests() => _store = new InMemoryMarketStore(_clock);

    [Theory]
    [InlineData("candles")]
    [InlineData("replay")]
    public async Task A_reader_that_has_enough_ends_the_command_with_0(string command)
    {
        await _store.WriteAsync(Rows.Write("BTC/USD", 1, Enumerable.Range(0, 100_000).Select(minute => Rows.Candle(minute)), Rows.Covered(0, 99_999)), CancellationToken.None);
        using var head = new ClosingStream(100_000);

        var (code, error) = await ProgramRun.IntoAsync(head, _store, _clock, CancellationToken.None, command, "BTC/USD", "--interval", "1m", "--format", "csv");

        code.ShouldBe(0);
        error.ShouldBeEmpty();
        head.Writes.ShouldBeLessThan(5);
    }

    [Fact]
    public async Task Ctrl_C_ends_a_paced_replay_with_130()
    {
        await _store.WriteAsync(Rows.Write("BTC/USD", 1, Enumerable.Range(0, 10).Select(minute => Rows.Candle(minute)), Rows.Covered(0, 9)), CancellationToken.None);
        using var interruption = new CancellationTokenSource();
        using var output = new MemoryStream();

        var run = ProgramRun.IntoAsync(output, _store, _clock, interruption.Token, "replay", "BTC/USD", "--interval", "1m", "--start", "2024-01-01", "--speed", "1", "--format", "csv");
        while (_clock.Waiting == 0)
        {
            await Task.Yield();
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        await interruption.CancelAsync();
        var (code, error) = await run;

        code.ShouldBe(130);
        error.ShouldStartWith("kraken-db: interrupted.");
    }

    private sealed class ClosingStream(int bytes) : MemoryStream
    {
        public int Writes { get; private set; }

        public override void Write(byte[] buffer, int offset, int count)
        {
            Writes++;
            base.Write(buffer, offset, count);
            if (Length > bytes)
            {
                throw new OutputClosedException();
            }
        }
    }
}
