namespace KrakenDb.Simulator;

/// <summary>A time-and-sales file.</summary>
internal sealed record TradeFile(MarketSpec Market, MinuteSpan Span, TradeLayout Layout) : KrakenCsvFile(Market, Span)
{
    public override string FileName => $"{Market.CsvName}.csv";

    protected override IEnumerable<long> Fill(CsvBuffer buffer)
    {
        if (Layout == TradeLayout.WithIds)
            buffer.Text("Price,Volume,Timestamp,Type,Miscellaneous,Trade ID\n"u8);

        long rows = 0;
        foreach (var trade in SeededMarket.Trades(Market, Span))
        {
            if (Layout == TradeLayout.WithIds)
                AppendWithId(buffer, trade);
            else
                AppendThreeColumns(buffer, trade);
            rows++;
            if (buffer.IsFull)
                yield return rows;
        }

        yield return rows;
    }

    private void AppendThreeColumns(CsvBuffer buffer, in SeededTrade trade)
    {
        buffer.Integer((ulong)(trade.UnixNanoseconds / 1_000_000_000));
        buffer.Byte((byte)',');
        if (Layout == TradeLayout.FixedDecimals)
        {
            NumberText.Fixed(buffer, trade.Price, Math.Max(6, Market.PriceDecimals));
            buffer.Byte((byte)',');
            NumberText.Fixed(buffer, trade.Volume, Math.Max(8, Market.VolumeDecimals));
        }
        else
        {
            NumberText.Price(buffer, trade.Price);
            buffer.Byte((byte)',');
            NumberText.Volume(buffer, trade.Volume);
        }

        buffer.Byte((byte)'\n');
    }

    private void AppendWithId(CsvBuffer buffer, in SeededTrade trade)
    {
        NumberText.Fixed(buffer, trade.Price, Market.PriceDecimals);
        buffer.Byte((byte)',');
        NumberText.Fixed(buffer, trade.Volume, Math.Max(8, Market.VolumeDecimals));
        buffer.Byte((byte)',');
        var (seconds, nanoseconds) = Math.DivRem(trade.UnixNanoseconds, 1_000_000_000);
        buffer.Integer((ulong)seconds);
        buffer.Byte((byte)'.');
        buffer.Digits((ulong)nanoseconds / 1_000, 6);
        buffer.Byte((byte)',');
        buffer.Byte((byte)(trade.IsBuy ? 'b' : 's'));
        buffer.Byte((byte)',');
        buffer.Byte((byte)(trade.IsMarket ? 'm' : 'l'));
        buffer.Text(",,"u8);
        buffer.Integer((ulong)trade.Id);
        buffer.Byte((byte)'\n');
    }
}
