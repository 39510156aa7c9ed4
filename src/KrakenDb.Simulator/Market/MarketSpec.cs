namespace KrakenDb.Simulator;

/// <summary>Everything that decides a seeded market: two equal specs give the same trades, candles and bytes.</summary>
internal sealed record MarketSpec
{
    /// <summary>A liquid market with a high price.</summary>
    public static MarketSpec BitcoinUsd { get; } = new()
    {
        Symbol = "BTC/USD",
        CsvName = "XBTUSD",
        Seed = 1,
        StartPrice = 42_000 * Scale.One,
        PriceDecimals = 1,
        TypicalVolume = Scale.One / 50,
        TradesPerMinute = 12,
        QuietPerThousand = 5,
    };

    public static MarketSpec EtherUsd { get; } = new()
    {
        Symbol = "ETH/USD",
        CsvName = "ETHUSD",
        Seed = 2,
        StartPrice = 2_300 * Scale.One,
        PriceDecimals = 2,
        TypicalVolume = Scale.One / 4,
        TradesPerMinute = 8,
        QuietPerThousand = 20,
    };

    /// <summary>A market below one dollar with minutes without trades.</summary>
    public static MarketSpec RippleTether { get; } = new()
    {
        Symbol = "XRP/USDT",
        CsvName = "XRPUSDT",
        Seed = 3,
        StartPrice = Scale.One * 61 / 100,
        PriceDecimals = 5,
        TypicalVolume = 150 * Scale.One,
        TradesPerMinute = 4,
        QuietPerThousand = 120,
    };

    /// <summary>Our name, such as <c>BTC/USD</c>.</summary>
    public required string Symbol { get; init; }

    /// <summary>The name in Kraken's files, such as <c>XBTUSD</c>.</summary>
    public required string CsvName { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>The first minute, on a whole minute since 1970; 2024-01-01 00:00 UTC by default.</summary>
    public DateTimeOffset Start { get; init; } = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Scaled by 10^10; below 10^7 units, so that the walk stays far from the 10^8 that prices are limited to.</summary>
    public required long StartPrice { get; init; }

    /// <summary>Decimals of a price, 0 to 10.</summary>
    public int PriceDecimals { get; init; } = 2;

    /// <summary>Decimals of a volume, 0 to 10.</summary>
    public int VolumeDecimals { get; init; } = 8;

    /// <summary>Median volume of a trade in base units, scaled by 10^10; up to 10^7 units.</summary>
    public long TypicalVolume { get; init; } = Scale.One;

    /// <summary>Median number of trades of a minute that has trades, 1 to 10,000.</summary>
    public int TradesPerMinute { get; init; } = 8;

    /// <summary>How many of 1,000 minutes have no trade. Outages of up to three hours, one in about 69 days, come on top.</summary>
    public int QuietPerThousand { get; init; } = 20;

    /// <summary>Standard deviation of a minute's price change, in millionths of the price, up to 50,000.</summary>
    public int VolatilityPpm { get; init; } = 600;

    /// <summary>Id of the market's first trade.</summary>
    public long FirstTradeId { get; init; } = 1;

    /// <summary>
    /// The ready-made market of this name, else one whose price and pace are drawn from the name: the same name and seed always give
    /// the same market.
    /// </summary>
    /// <param name="symbol">Our name, such as <c>DOGE/USD</c>.</param>
    /// <param name="seed">Null for the ready-made market's own, or the name's.</param>
    /// <exception cref="FormatException">The name is not two codes of letters and digits with a slash between.</exception>
    public static MarketSpec Of(string symbol, ulong? seed = null)
    {
        foreach (var ready in new[] { BitcoinUsd, EtherUsd, RippleTether })
        {
            if (ready.Symbol == symbol)
                return seed is { } own ? ready with { Seed = Xoshiro256.Mix(own ^ ready.Seed) } : ready;
        }

        if (symbol.Split('/') is not [{ Length: > 0 } baseCode, { Length: > 0 } quoteCode] || !symbol.All(c => c == '/' || char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c)))
            throw new FormatException($"'{symbol}' is not a symbol such as BTC/USD.");

        // Not string.GetHashCode: that differs from process to process.
        var name = symbol.Aggregate(0UL, (hash, letter) => Xoshiro256.Mix(hash ^ letter));
        var random = new Xoshiro256(name);
        var decimals = 1 + (int)random.Below(7);
        return new()
        {
            Symbol = symbol,
            CsvName = ListedPair.OldCode(baseCode) + ListedPair.OldCode(quoteCode),
            Seed = seed is { } given ? Xoshiro256.Mix(given ^ name) : name,
            PriceDecimals = decimals,
            StartPrice = (10_000 + random.Below(90_000)) * Scale.Step(decimals),
            TypicalVolume = (1 + random.Below(1_000)) * Scale.One / 10,
            TradesPerMinute = 1 + (int)random.Below(12),
            QuietPerThousand = (int)random.Below(300),
        };
    }

    /// <summary>Symbols that Kraken's customers trade much, for who wants many markets and does not mind which.</summary>
    public static IReadOnlyList<string> Popular { get; } =
    [
        "BTC/USD", "ETH/USD", "XRP/USDT", "SOL/USD", "DOGE/USD", "ADA/USD", "LTC/USD", "LINK/USD", "DOT/USD", "AVAX/USD",
        "BTC/EUR", "ETH/EUR", "SOL/EUR", "XRP/USD", "BCH/USD", "ATOM/USD", "UNI/USD", "TRX/USD", "XMR/USD", "ETH/BTC",
        "USDC/USD", "AAVE/USD", "ALGO/USD", "DOGE/EUR", "ADA/EUR", "NEAR/USD", "FIL/USD", "XLM/USD", "SUI/USD", "PEPE/USD",
    ];

    /// <summary>The same market with so many trades a second on average, quiet minutes included.</summary>
    /// <exception cref="FormatException">Below 2 trades a minute, or above 200 a second.</exception>
    public MarketSpec WithPace(decimal tradesPerSecond)
    {
        // The mean of a minute's trades in SizeTable is 1.784 times their median.
        const decimal meanOfMedian = 1.784m;
        var minutes = (1_000m - QuietPerThousand) / 1_000;
        return tradesPerSecond is >= 0.03m and <= 200
            ? this with { TradesPerMinute = (int)Math.Max(1, decimal.Round(tradesPerSecond * 60 / meanOfMedian / minutes)) }
            : throw new FormatException(FormattableString.Invariant($"'{tradesPerSecond}' is not a pace of this exchange: a market has 0.03 to 200 trades a second."));
    }

    /// <summary>Checks every property; a market does so before its first minute.</summary>
    /// <exception cref="ArgumentException">A property is outside its range.</exception>
    public void Validate()
    {
        Require(Start >= DateTimeOffset.UnixEpoch && Start.UtcTicks % TimeSpan.TicksPerMinute == 0, nameof(Start));
        Require(PriceDecimals is >= 0 and <= Scale.Decimals, nameof(PriceDecimals));
        Require(VolumeDecimals is >= 0 and <= Scale.Decimals, nameof(VolumeDecimals));
        Require(StartPrice >= 64 * Scale.Step(PriceDecimals) && StartPrice < 10_000_000 * Scale.One, nameof(StartPrice));
        Require(TypicalVolume >= Scale.Step(VolumeDecimals) && TypicalVolume <= 10_000_000 * Scale.One, nameof(TypicalVolume));
        Require(TradesPerMinute is >= 1 and <= 10_000, nameof(TradesPerMinute));
        Require(QuietPerThousand is >= 0 and <= 999, nameof(QuietPerThousand));
        Require(VolatilityPpm is >= 0 and <= 50_000, nameof(VolatilityPpm));
        Require(FirstTradeId > 0, nameof(FirstTradeId));
    }

    private void Require(bool holds, string property)
    {
        if (!holds)
            throw new ArgumentException($"The market {CsvName} has a {property} outside its range.", property);
    }
}
