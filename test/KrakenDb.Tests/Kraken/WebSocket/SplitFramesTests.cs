using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KrakenDb.Kraken;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken.WebSocket;

public sealed class SplitFramesTests
{
    [Fact]
    public void However_a_message_is_split_it_comes_out_whole()
    {
        var pieces = Gen.Choose(1, 40).NonEmptyListOf();
        var messages = Gen.Choose(1, 2000).NonEmptyListOf();
        Prop.ForAll(messages.ToArbitrary(), pieces.ToArbitrary(), (counts, sizes) =>
        {
            using var buffer = new FrameBuffer(1_000_000);
            var seen = new SeenFrames();
            var next = 0;
            foreach (var count in counts)
            {
                var bytes = Message(count);
                for (var at = 0; at < bytes.Length;)
                {
                    var free = buffer.Free().Span;
                    free.Length.ShouldBeGreaterThan(0);
                    var size = Math.Min(Math.Min(sizes[next++ % sizes.Count] * 97, bytes.Length - at), free.Length);
                    bytes.AsSpan(at, size).CopyTo(free);
                    buffer.Advance(size);
                    at += size;
                }

                seen.Read(buffer.Message);
                buffer.Clear();
            }

            seen.Counters.Malformed.ShouldBe(0);
            seen.Trades.Select(trade => trade.Trade.Id).ShouldBe(counts.SelectMany(count => Enumerable.Range(1, count).Select(id => (long)id)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(30));
    }

    [Fact]
    public void A_message_at_the_limit_fits_and_one_byte_more_does_not()
    {
        using var buffer = new FrameBuffer(100);
        Fill(buffer, 100);
        buffer.IsTooLarge.ShouldBeFalse();
        Fill(buffer, 1);
        buffer.IsTooLarge.ShouldBeTrue();
    }

    private static void Fill(FrameBuffer buffer, int bytes)
    {
        while (bytes > 0)
        {
            var size = Math.Min(bytes, buffer.Free().Length);
            buffer.Advance(size);
            bytes -= size;
        }
    }

    private static byte[] Message(int trades) => Encoding.UTF8.GetBytes(
        "{\"channel\":\"trade\",\"type\":\"update\",\"data\":["
        + string.Join(',', Enumerable.Range(1, trades).Select(id => $$"""{"symbol":"BTC/USD","side":"buy","price":1.5,"qty":2,"ord_type":"limit","trade_id":{{id}},"timestamp":"2025-07-23T04:41:46.919844Z"}"""))
        + "]}");
}
