namespace KrakenDb;

/// <summary>
/// Every table of the schema, in the order in which a copy writes them: what is known of markets, the rows, what claims to have read them. A new table needs
/// one line here; a test compares the list with what the engines really have.
/// </summary>
internal static class StoreTables
{
    public static readonly StoreTable Cursors = new("import_cursors", key: "file", columns: "file text, position integer, state text");

    public static readonly StoreTable Coverage = new(
        "data_coverage",
        key: "symbol, data_type, start_time",
        columns: "symbol text, data_type text, start_time time, end_time time, source integer, grade integer, first_trade_id integer, last_trade_id integer",
        TableCopyMode.WithRows,
        symbol: "symbol");

    public static readonly StoreTable AbsentIds = new(
        "absent_trade_ids",
        key: "symbol, first_id",
        columns: "symbol text, first_id integer, last_id integer, first_seen time, confirmed boolean",
        TableCopyMode.WithRows,
        symbol: "symbol");

    /// <summary>Tables that a copy leaves alone, and why.</summary>
    public static readonly IReadOnlyDictionary<string, string> NotCopied = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["schema_version"] = "each store's own migrations write it",
        ["pending_refresh"] = "derived: writes to the destination fill it anew",
        ["retention_policies"] = "what a store drops is decided for each store: kraken-db db retention set",
        ["orderbook_levels"] = "each engine's own shape of the levels; they come with their messages",
        ["kraken_orderbook_entries"] = "each engine's own shape of the levels; they come with their messages",
        ["orderbook_keyframes"] = "derived: built anew from the messages",
    };

    public static IReadOnlyList<StoreTable> All { get; } =
    [
        new(
            "instruments",
            key: "symbol",
            columns: "symbol text, altname text, wanted_from time, rest_key text, ws_name text, pair_decimals integer, lot_decimals integer, tick_size decimal, order_min decimal, cost_min decimal, status text"),
        new("instrument_changes", key: "changed_at, symbol, field", columns: "symbol text, changed_at time, field text, old_value text, new_value text"),
        new(
            "candles",
            key: "symbol, interval_minutes, timestamp",
            columns: "symbol text, interval_minutes integer, timestamp time, open decimal, high decimal, low decimal, close decimal, volume decimal, quote_volume decimal, trade_count integer, vwap decimal, source integer",
            TableCopyMode.Candles),
        new(
            "trades",
            key: "symbol, timestamp, id",
            columns: "symbol text, timestamp time, id integer, price decimal, volume decimal, side text, order_type text, misc text",
            TableCopyMode.Trades),
        new(
            "external_indicators",
            key: "indicator_name, timestamp, source",
            columns: "timestamp time, indicator_name text, value decimal, source text",
            symbol: "indicator_name",
            sum: "value"),
        new(
            "backtest_runs",
            key: "id",
            columns: "id uuid, strategy_name text, symbols list, start_time time, end_time time, parameters json, metrics json, trades json, equity_curve json, created_at time"),
        new(
            "kraken_orderbook_messages",
            key: "session_id, sequence",
            columns: "session_id integer, sequence integer, symbol text, channel text, type text, kind integer, verified boolean",
            TableCopyMode.Books,
            symbol: "symbol"),
        new(
            "capture_sessions",
            key: "session_id, symbol",
            columns: "session_id integer, symbol text, connection_id decimal, source text, depth integer, price_precision integer, quantity_precision integer, start_time time, end_time time, first_sequence integer, last_sequence integer, messages integer, book_messages integer, verified integer, level_changes integer",
            TableCopyMode.WithRows,
            symbol: "symbol"),
        new(
            "orderbook_incidents",
            key: "session_id, sequence, kind",
            columns: "session_id integer, sequence integer, symbol text, kind text, time time, expected integer, computed integer, book_before text, frame text",
            TableCopyMode.WithRows,
            symbol: "symbol"),
        Coverage,
        AbsentIds,
        new(
            "data_sync_status",
            key: "symbol, data_type",
            columns: "symbol text, data_type text, oldest_timestamp time, newest_timestamp time, last_sync_at time, last_kraken_since text, total_records integer",
            TableCopyMode.Derived,
            symbol: "symbol",
            sum: "total_records"),

        // Last: a cursor claims that what lies before it is stored.
        Cursors,
    ];
}
