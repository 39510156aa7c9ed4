using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Storage;

/// <summary>The list of markets with its history, and external indicators.</summary>
public abstract partial class MarketStoreContract
{
    private static readonly Instrument Foo = new()
    {
        Symbol = "FOO/USD",
        Altname = "FOOUSD",
        RestKey = "XFOOZUSD",
        WsName = "FOO/USD",
        PairDecimals = 5,
        LotDecimals = 8,
        TickSize = 0.00001m,
        OrderMin = 10,
        CostMin = 0.5m,
        Status = "online",
    };

    [Fact]
    public async Task A_market_keeps_its_properties_and_what_changed_in_them()
    {
        await Store.AddInstrumentsAsync([Foo], default);
        await Store.WriteAsync(new StoreWrite { Symbol = "FOO/USD", WantedFrom = Rows.Start }, default);
        Clock.Advance(TimeSpan.FromDays(1));
        var changed = Foo with { TickSize = 0.001m, PairDecimals = 3, Status = null };
        await Store.AddInstrumentsAsync([changed], default);
        await Store.AddInstrumentsAsync([changed], default);

        (await Store.GetInstrumentsAsync()).ShouldBe([changed]);
        (await Store.GetWantedFromAsync("FOO/USD")).ShouldBe(Rows.Start);
        var now = Clock.GetUtcNow();
        (await Store.GetInstrumentChangesAsync()).ShouldBe(
        [
            new InstrumentChange("FOO/USD", now.AddDays(-1), "listed", null, "FOOUSD"),
            new InstrumentChange("FOO/USD", now, "pair_decimals", "5", "3"),
            new InstrumentChange("FOO/USD", now, "tick_size", "0.00001", "0.001"),
            new InstrumentChange("FOO/USD", now, "status", "online", null),
        ]);
    }

    [Fact]
    public async Task A_market_that_was_known_by_name_alone_becomes_known_in_full_without_a_change()
    {
        await Store.AddInstrumentsAsync([new Instrument { Symbol = "FOO/USD", Altname = "FOOUSD" }], default);
        await Store.AddInstrumentsAsync([Foo], default);

        (await Store.GetInstrumentsAsync()).ShouldBe([Foo]);
        (await Store.GetInstrumentChangesAsync()).Select(change => change.Field).ShouldBe(["listed"]);
    }

    [Fact]
    public async Task Indicators_are_kept_once_per_name_time_and_source()
    {
        ExternalIndicator[] values = [Indicator(1, 40), Indicator(2, 41.1234567891m), Indicator(2, -7) with { Source = "b" }, Indicator(3, 50)];
        await Store.WriteIndicatorsAsync(values, default);
        await Store.WriteIndicatorsAsync([Indicator(3, 51), Indicator(1, 99) with { IndicatorName = "other" }], default);

        (await Store.GetExternalIndicatorsAsync("fear_greed", new TimeRange(Rows.Start, Rows.Start.AddDays(10)))).ShouldBe([.. values[..3], Indicator(3, 51)]);
        (await Store.GetExternalIndicatorsAsync("fear_greed", new TimeRange(Rows.Start.AddDays(2), Rows.Start.AddDays(3)))).Count.ShouldBe(2);
        (await Store.GetExternalIndicatorsAsync("none", new TimeRange(Rows.Start, Rows.Start.AddDays(10)))).ShouldBeEmpty();

        static ExternalIndicator Indicator(int day, decimal value) => new() { Timestamp = Rows.Start.AddDays(day), IndicatorName = "fear_greed", Value = value, Source = "a" };
    }
}
