using KrakenDb.Timescale.Wire;
using Npgsql;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

public sealed class CopyWriterTests
{
    [Fact]
    public async Task A_null_finds_room_wherever_the_field_before_it_ends()
    {
        const int BufferBytes = 256 * 1024;
        const int Signature = 19;
        const int RowBytes = 2 + 4 + 4;
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreatePlainAsync();
        await using var connection = new NpgsqlConnection(database.Settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await database.ExecuteAsync("CREATE TABLE copied (text bytea, nothing bytea)");
        for (var left = 0; left < 8; left++)
        {
            await using var writer = await CopyWriter.BeginAsync(connection, "copied (text, nothing)", cancellationToken);

            // The last one ends so many bytes before the end of the writer's buffer.
            foreach (var length in (int[])[100_000, 100_000, BufferBytes - Signature - 200_000 - (3 * RowBytes) + 4 - left, 10])
            {
                if (writer.IsFull(2))
                {
                    await writer.FlushAsync(cancellationToken);
                }

                writer.BeginRow(2);
                await writer.BytesAsync(new byte[length], isJson: false, cancellationToken);
                writer.Null();
            }

            await writer.CompleteAsync(cancellationToken);
        }

        (await database.ScalarAsync<long>("SELECT count(*) FROM copied WHERE nothing IS NULL")).ShouldBe(32);
    }
}
