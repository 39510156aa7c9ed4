using System.Collections.Immutable;

namespace KrakenDb.DuckDb;

/// <summary>The table <c>absent_trade_ids</c>: a few rows per symbol at most.</summary>
internal static class AbsentIdTable
{
    public static void ReadAll(DuckDbSession session, Dictionary<string, SymbolLedger> ledgers)
    {
        var lists = new Dictionary<string, ImmutableArray<AbsentTradeIds>.Builder>(StringComparer.Ordinal);
        using var result = session.Connection.Query("SELECT symbol, first_id, last_id, first_seen, confirmed::INTEGER FROM absent_trade_ids ORDER BY symbol, first_id");
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                var symbol = chunk.GetString(0, row);
                if (!lists.TryGetValue(symbol, out var list))
                {
                    lists[symbol] = list = ImmutableArray.CreateBuilder<AbsentTradeIds>();
                }

                list.Add(new AbsentTradeIds
                {
                    FirstId = chunk.Int64(1)[row],
                    LastId = chunk.Int64(2)[row],
                    FirstSeen = UnixTime.ToDateTimeOffset(chunk.Int64(3)[row]),
                    Confirmed = chunk.Int32(4)[row] != 0,
                });
            }
        }

        foreach (var (symbol, list) in lists)
        {
            ledgers[symbol] = (ledgers.GetValueOrDefault(symbol) ?? new SymbolLedger(symbol)) with { Absent = list.ToImmutable() };
        }
    }

    public static void Write(DuckDbSession session, string symbol, ImmutableArray<AbsentTradeIds> list)
    {
        session.Prepare("DELETE FROM absent_trade_ids WHERE symbol = $1").Bind(1, symbol).Execute();
        foreach (var absent in list)
        {
            session.Prepare("INSERT INTO absent_trade_ids VALUES ($1, $2, $3, $4, $5 <> 0)")
                .Bind(1, symbol)
                .Bind(2, absent.FirstId)
                .Bind(3, absent.LastId)
                .BindTimestamp(4, UnixTime.Microseconds(absent.FirstSeen))
                .Bind(5, absent.Confirmed ? 1 : 0)
                .Execute();
        }
    }
}
