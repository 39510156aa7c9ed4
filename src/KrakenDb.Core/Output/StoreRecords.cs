namespace KrakenDb;

/// <summary>What a store answers, as named values. The names are an interface: the program's <c>--format</c> and the HTTP API print the same.</summary>
internal static class StoreRecords
{
    public static Records Of(StoreStatus status)
    {
        var records = new Records("engine", "engine_version", "location", "schema_version", "size_bytes", "candles", "trades");
        records.Add(status.Engine, status.EngineVersion, status.Location, status.SchemaVersion, status.SizeBytes, status.Candles, status.Trades);
        return records;
    }

    /// <summary>With what a server has and lacks.</summary>
    public static Records WithFeatures(StoreStatus status)
    {
        var features = new Records("name", "on", "note");
        foreach (var feature in status.Features)
        {
            features.Add(feature.Name, feature.IsOn, feature.Note);
        }

        var records = new Records("engine", "engine_version", "location", "schema_version", "size_bytes", "candles", "trades", "features");
        records.Add(status.Engine, status.EngineVersion, status.Location, status.SchemaVersion, status.SizeBytes, status.Candles, status.Trades, features);
        return records;
    }

    public static Records Of(HealthReport report)
    {
        var records = new Records("connected", "error", "symbols", "total_candles", "oldest_data", "newest_data", "response_seconds", "engine", "engine_version", "location", "schema_version", "size_bytes");
        records.Add(
            report.Connected,
            report.Error,
            report.Symbols,
            report.TotalCandles,
            report.OldestData,
            report.NewestData,
            new Seconds(report.ResponseTime),
            report.Store?.Engine,
            report.Store?.EngineVersion,
            report.Store?.Location,
            report.Store?.SchemaVersion,
            report.Store?.SizeBytes);
        return records;
    }

    public static Records Of(DataRange range)
    {
        var records = new Records("symbol", "interval_minutes", "oldest", "newest", "total_candles");
        records.Add(range.Symbol, range.Interval.Minutes, range.Oldest, range.Newest, range.TotalCandles);
        return records;
    }

    public static Records Symbols(IEnumerable<string> symbols)
    {
        var records = new Records("symbol");
        foreach (var symbol in symbols)
        {
            records.Add(symbol);
        }

        return records;
    }

    public static Records Of(IEnumerable<Instrument> instruments)
    {
        var records = new Records("symbol", "altname", "rest_key", "ws_name", "pair_decimals", "lot_decimals", "tick_size", "order_min", "cost_min", "status");
        foreach (var instrument in instruments)
        {
            records.Add(
                instrument.Symbol, instrument.Altname, instrument.RestKey, instrument.WsName, instrument.PairDecimals, instrument.LotDecimals, instrument.TickSize, instrument.OrderMin, instrument.CostMin, instrument.Status);
        }

        return records;
    }

    public static Records Of(IEnumerable<InstrumentChange> changes)
    {
        var records = new Records("symbol", "changed_at", "field", "old_value", "new_value");
        foreach (var change in changes)
        {
            records.Add(change.Symbol, change.ChangedAt, change.Field, change.OldValue, change.NewValue);
        }

        return records;
    }

    public static Records Of(IEnumerable<ExternalIndicator> values)
    {
        var records = new Records("timestamp", "indicator_name", "value", "source");
        foreach (var value in values)
        {
            records.Add(value.Timestamp, value.IndicatorName, value.Value, value.Source);
        }

        return records;
    }

    public static Records Of(IEnumerable<SyncStatus> rows)
    {
        var records = new Records("symbol", "data_type", "oldest_timestamp", "newest_timestamp", "last_sync_at", "last_kraken_since", "total_records");
        foreach (var row in rows)
        {
            records.Add(row.Symbol, row.DataType, row.OldestTimestamp, row.NewestTimestamp, row.LastSyncAt, row.LastKrakenSince, row.TotalRecords);
        }

        return records;
    }

    public static Records Of(IEnumerable<CoverageRange> ranges)
    {
        var records = new Records("start_time", "end_time", "source", "grade", "first_trade_id", "last_trade_id");
        foreach (var range in ranges)
        {
            records.Add(range.Range.Start, range.Range.End, CoverageNames.Of(range.Source), CoverageNames.Of(range.Grade), range.FirstTradeId, range.LastTradeId);
        }

        return records;
    }

    public static Records Of(IEnumerable<AbsentTradeIds> ids)
    {
        var records = new Records("first_id", "last_id", "first_seen", "confirmed");
        foreach (var absent in ids)
        {
            records.Add(absent.FirstId, absent.LastId, absent.FirstSeen, absent.Confirmed);
        }

        return records;
    }

    public static Records Of(IEnumerable<HistoricalTrade> trades)
    {
        var records = new Records("symbol", "id", "timestamp", "timestamp_nanoseconds", "price", "volume", "side", "order_type", "misc");
        foreach (var trade in trades)
        {
            records.Add(trade.Symbol, trade.Id, trade.Timestamp, trade.TimestampNanoseconds, trade.Price, trade.Volume, trade.Side == TradeSide.Buy ? "buy" : "sell", trade.OrderType, trade.Misc);
        }

        return records;
    }

    /// <summary>Covered ranges and gaps per data type.</summary>
    public static Records Of(IEnumerable<CoverageStatus> rows)
    {
        var records = new Records("symbol", "data_type", "oldest_timestamp", "newest_timestamp", "total_records", "coverage", "gaps");
        foreach (var row in rows)
        {
            var coverage = new Records("start_time", "end_time", "source", "grade");
            foreach (var range in row.Coverage)
            {
                coverage.Add(range.Range.Start, range.Range.End, CoverageNames.Of(range.Source), CoverageNames.Of(range.Grade));
            }

            var gaps = new Records("start_time", "end_time");
            foreach (var gap in row.Gaps)
            {
                gaps.Add(gap.StartTime, gap.EndTime);
            }

            records.Add(row.Symbol, row.DataType, row.OldestTimestamp, row.NewestTimestamp, row.TotalRecords, coverage, gaps);
        }

        return records;
    }
}
