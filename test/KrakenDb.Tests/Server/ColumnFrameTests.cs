using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Server;

public sealed class ColumnFrameTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20_000)]
    public async Task Candles_come_out_as_they_went_in(int rows)
    {
        using var batch = CandleBatch.FromRows([.. Enumerable.Range(0, rows).Select(minute => Rows.Candle(minute, 100 + (minute % 7), volume: minute, quoteVolume: minute % 2 == 0 ? minute : null, vwap: minute % 3 == 0 ? 1 : null))]);
        using var wire = new MemoryStream();

        await CandleFrame.WriteAsync(wire, batch, default);

        wire.Length.ShouldBe(CandleFrame.Length(batch));
        wire.Position = 0;
        using var read = await CandleFrame.ReadAsync(wire, default);
        read.Rows().ShouldBe(batch.Rows());
    }

    [Fact]
    public async Task Trades_come_out_as_they_went_in()
    {
        TradeRow[] rows =
        [
            Rows.Trade(1, 5, 0.0000000001m, 0.0000000001m),
            Rows.Trade(2, 6, side: TradeSide.Sell) with { OrderType = null, Misc = "ümläut ✓" },
            Rows.Trade(3, 7) with { OrderType = "market" },
            Rows.Trade(long.MaxValue, 8) with { OrderType = "iceberg", Volume = FixedPoint.VolumeLimit - 1 },
        ];
        using var wire = new MemoryStream();

        await TradeFrame.WriteAsync(wire, TradeBatch.FromRows(rows), default);

        wire.Position = 0;
        (await TradeFrame.ReadAsync(wire, default)).Rows().ShouldBe(rows);
    }

    [Fact]
    public async Task A_frame_that_was_changed_or_cut_anywhere_is_refused()
    {
        using var batch = CandleBatch.FromRows([Rows.Candle(0), Rows.Candle(1)]);
        using var wire = new MemoryStream();
        await CandleFrame.WriteAsync(wire, batch, default);
        var whole = wire.ToArray();

        for (var at = 0; at < whole.Length; at++)
        {
            var changed = whole.ToArray();
            changed[at] ^= 0x10;
            await Should.ThrowAsync<Exception>(ReadAsync(changed), customMessage: $"byte {at} was changed");
            await Should.ThrowAsync<EndOfStreamException>(ReadAsync(whole[..at]), customMessage: $"cut at {at}");
        }

        static async Task ReadAsync(byte[] bytes)
        {
            using var stream = new MemoryStream(bytes);
            using var read = await CandleFrame.ReadAsync(stream, default);
        }
    }

    [Fact]
    public async Task A_frame_of_another_version_says_so()
    {
        using var batch = CandleBatch.FromRows([Rows.Candle(0)]);
        using var wire = new MemoryStream();
        await CandleFrame.WriteAsync(wire, batch, default);
        wire.GetBuffer()[4] = 2;
        wire.Position = 0;

        (await Should.ThrowAsync<InvalidDataException>(() => CandleFrame.ReadAsync(wire, default))).Message.ShouldContain("version 2");
    }
}
