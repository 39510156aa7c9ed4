using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>The tables <c>instruments</c> and <c>instrument_changes</c>.</summary>
internal static class InstrumentTables
{
    // What differs is found by comparing with what is there: one writer at a time.
    private const string Lock = "SELECT pg_advisory_xact_lock(20240606)";

    // The row also holds `wanted_from`, which is none of the list's business.
    private const string Upsert =
        """
        INSERT INTO instruments (symbol, altname, rest_key, ws_name, pair_decimals, lot_decimals, tick_size, order_min, cost_min, status)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (symbol) DO UPDATE SET
            altname = excluded.altname, rest_key = excluded.rest_key, ws_name = excluded.ws_name, pair_decimals = excluded.pair_decimals, lot_decimals = excluded.lot_decimals,
            tick_size = excluded.tick_size, order_min = excluded.order_min, cost_min = excluded.cost_min, status = excluded.status
        """;

    public static async Task<IReadOnlyList<Instrument>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var instruments = new List<Instrument>();
        var command = new NpgsqlCommand(
            "SELECT symbol, altname, rest_key, ws_name, pair_decimals, lot_decimals, tick_size, order_min, cost_min, status FROM instruments WHERE altname IS NOT NULL ORDER BY symbol", connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    instruments.Add(new Instrument
                    {
                        Symbol = reader.GetString(0),
                        Altname = reader.GetString(1),
                        RestKey = Text(reader, 2),
                        WsName = Text(reader, 3),
                        PairDecimals = reader.IsDBNull(4) ? null : reader.GetInt32(4),
                        LotDecimals = reader.IsDBNull(5) ? null : reader.GetInt32(5),
                        TickSize = reader.IsDBNull(6) ? null : reader.GetDecimal(6),
                        OrderMin = reader.IsDBNull(7) ? null : reader.GetDecimal(7),
                        CostMin = reader.IsDBNull(8) ? null : reader.GetDecimal(8),
                        Status = Text(reader, 9),
                    });
                }
            }
        }

        return instruments;
    }

    /// <summary>Adds or replaces, and records what differs from before; in a transaction of its own.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, IReadOnlyList<Instrument> instruments, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var locking = new NpgsqlCommand(Lock, connection);
            await using (locking.ConfigureAwait(false))
            {
                await locking.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            var known = (await ReadAsync(connection, cancellationToken).ConfigureAwait(false)).ToDictionary(instrument => instrument.Symbol, StringComparer.Ordinal);
            var batch = new NpgsqlBatch(connection);
            await using (batch.ConfigureAwait(false))
            {
                foreach (var instrument in instruments)
                {
                    var old = known.GetValueOrDefault(instrument.Symbol);
                    if (instrument == old)
                    {
                        continue;
                    }

                    known[instrument.Symbol] = instrument;
                    batch.BatchCommands.Add(Write(instrument));
                    foreach (var change in InstrumentChange.Between(old, instrument, now))
                    {
                        batch.BatchCommands.Add(LedgerTables.Command(
                            "INSERT INTO instrument_changes (symbol, changed_at, field, old_value, new_value) VALUES ($1, $2, $3, $4, $5)",
                            change.Symbol, change.ChangedAt.ToUniversalTime(), change.Field, OrNull(change.OldValue), OrNull(change.NewValue)));
                    }
                }

                if (batch.BatchCommands.Count > 0)
                {
                    await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public static async Task<IReadOnlyList<InstrumentChange>> ReadChangesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var changes = new List<InstrumentChange>();
        var command = new NpgsqlCommand("SELECT symbol, changed_at, field, old_value, new_value FROM instrument_changes ORDER BY changed_at, symbol, id", connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    changes.Add(new InstrumentChange(reader.GetString(0), new DateTimeOffset(reader.GetDateTime(1)), reader.GetString(2), Text(reader, 3), Text(reader, 4)));
                }
            }
        }

        return changes;
    }

    private static NpgsqlBatchCommand Write(Instrument instrument) => LedgerTables.Command(
        Upsert,
        instrument.Symbol,
        instrument.Altname,
        OrNull(instrument.RestKey),
        OrNull(instrument.WsName),
        OrNull(instrument.PairDecimals),
        OrNull(instrument.LotDecimals),
        OrNull(instrument.TickSize),
        OrNull(instrument.OrderMin),
        OrNull(instrument.CostMin),
        OrNull(instrument.Status));

    private static object OrNull(object? value) => value ?? DBNull.Value;

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
