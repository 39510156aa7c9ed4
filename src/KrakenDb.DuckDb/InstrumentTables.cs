using System.Globalization;
using KrakenDb.DuckDb.Native;

namespace KrakenDb.DuckDb;

/// <summary>The tables <c>instruments</c> and <c>instrument_changes</c>.</summary>
internal static class InstrumentTables
{
    public static IReadOnlyList<Instrument> Read(DuckDbSession session)
    {
        using var result = session.Connection.Query(
            """
            SELECT symbol, altname, rest_key, ws_name, coalesce(pair_decimals, -1), coalesce(lot_decimals, -1), tick_size, order_min, cost_min, status
            FROM instruments WHERE altname IS NOT NULL ORDER BY symbol
            """);
        var instruments = new List<Instrument>();
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                instruments.Add(new Instrument
                {
                    Symbol = chunk.GetString(0, row),
                    Altname = chunk.GetString(1, row),
                    RestKey = Text(chunk, 2, row),
                    WsName = Text(chunk, 3, row),
                    PairDecimals = chunk.Int32(4)[row] is >= 0 and var pair ? pair : null,
                    LotDecimals = chunk.Int32(5)[row] is >= 0 and var lot ? lot : null,
                    TickSize = Number(chunk, 6, row),
                    OrderMin = Number(chunk, 7, row),
                    CostMin = Number(chunk, 8, row),
                    Status = Text(chunk, 9, row),
                });
            }
        }

        return instruments;
    }

    /// <summary>Adds or replaces, and records what differs from before.</summary>
    public static int Write(DuckDbSession session, IReadOnlyList<Instrument> instruments, DateTimeOffset now)
    {
        var known = Read(session).ToDictionary(instrument => instrument.Symbol, StringComparer.Ordinal);
        foreach (var instrument in instruments)
        {
            var old = known.GetValueOrDefault(instrument.Symbol);
            if (instrument == old)
            {
                continue;
            }

            Write(session, instrument);
            foreach (var change in InstrumentChange.Between(old, instrument, now))
            {
                var insert = session.Prepare("INSERT INTO instrument_changes VALUES ($1, $2, $3, $4, $5)")
                    .Bind(1, change.Symbol)
                    .BindTimestamp(2, UnixTime.Microseconds(change.ChangedAt))
                    .Bind(3, change.Field);
                Bind(insert, 4, change.OldValue);
                Bind(insert, 5, change.NewValue);
                insert.Execute();
            }
        }

        return instruments.Count;
    }

    public static IReadOnlyList<InstrumentChange> ReadChanges(DuckDbSession session)
    {
        using var result = session.Connection.Query("SELECT symbol, changed_at, field, old_value, new_value FROM instrument_changes ORDER BY changed_at, symbol, rowid");
        var changes = new List<InstrumentChange>();
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                changes.Add(new InstrumentChange(chunk.GetString(0, row), UnixTime.ToDateTimeOffset(chunk.Int64(1)[row]), chunk.GetString(2, row), Text(chunk, 3, row), Text(chunk, 4, row)));
            }
        }

        return changes;
    }

    private static void Write(DuckDbSession session, Instrument instrument)
    {
        // The row also holds `wanted_from`, which is none of the list's business.
        var update = session.Prepare(
            """
            UPDATE instruments
            SET altname = $2, rest_key = $3, ws_name = $4, pair_decimals = $5, lot_decimals = $6, tick_size = $7, order_min = $8, cost_min = $9, status = $10
            WHERE symbol = $1
            """);
        if (Bind(update, instrument).Execute() == 0)
        {
            var insert = session.Prepare(
                """
                INSERT INTO instruments (symbol, altname, rest_key, ws_name, pair_decimals, lot_decimals, tick_size, order_min, cost_min, status)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """);
            Bind(insert, instrument).Execute();
        }
    }

    private static DuckDbStatement Bind(DuckDbStatement statement, Instrument instrument)
    {
        statement.Bind(1, instrument.Symbol).Bind(2, instrument.Altname);
        Bind(statement, 3, instrument.RestKey);
        Bind(statement, 4, instrument.WsName);
        _ = instrument.PairDecimals is { } pair ? statement.Bind(5, pair) : statement.BindNull(5);
        _ = instrument.LotDecimals is { } lot ? statement.Bind(6, lot) : statement.BindNull(6);
        Bind(statement, 7, instrument.TickSize?.ToString(CultureInfo.InvariantCulture));
        Bind(statement, 8, instrument.OrderMin?.ToString(CultureInfo.InvariantCulture));
        Bind(statement, 9, instrument.CostMin?.ToString(CultureInfo.InvariantCulture));
        Bind(statement, 10, instrument.Status);
        return statement;
    }

    private static void Bind(DuckDbStatement statement, int index, string? text) => _ = text is null ? statement.BindNull(index) : statement.Bind(index, text);

    private static string? Text(DuckDbChunk chunk, int column, int row) => chunk.IsValid(column, row) ? chunk.GetString(column, row) : null;

    private static decimal? Number(DuckDbChunk chunk, int column, int row) =>
        chunk.IsValid(column, row) ? decimal.Parse(chunk.GetString(column, row), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) : null;
}
