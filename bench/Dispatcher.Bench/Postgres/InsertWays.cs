using System.Diagnostics;
using Dispatcher.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Bench.Postgres;

/// <summary>A transaction of so many events, by one <c>INSERT ... SELECT unnest</c> and by binary <c>COPY</c>.</summary>
internal static class InsertWays
{
    private const string Unnest =
        """
        INSERT INTO bare.journal (ordering, job_id, sequence_nr, writer, at, type, payload)
        SELECT 1, e.job, e.number, 1, 0, 'step.completed', e.payload FROM unnest($1, $2, $3) AS e (job, number, payload)
        """;

    private const string Copy = "COPY bare.journal (ordering, job_id, sequence_nr, writer, at, type, payload) FROM STDIN (FORMAT BINARY)";

    private static readonly byte[] Payload = new byte[150];

    private static long _next;

    public static async Task<IReadOnlyList<Row>> Run(string connectionString, BenchOptions options)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Max Auto Prepare=20;Auto Prepare Min Usages=1");
        await connection.OpenAsync();
        var rows = new List<Row>();
        foreach (var events in new[] { 1, 10, 100, 1000 })
        {
            var (unnest, copy) = (new List<double>(), new List<double>());
            var transactions = options.Quick ? 200 : 500;
            for (var n = 0; n < transactions; n++)
            {
                var clock = Stopwatch.StartNew();
                await InsertByUnnest(connection, events);
                unnest.Add(clock.Elapsed.TotalMilliseconds);
                clock.Restart();
                await InsertByCopy(connection, events);
                copy.Add(clock.Elapsed.TotalMilliseconds);
            }

            unnest.Sort();
            copy.Sort();
            rows.Add(new Row
            {
                Workload = "P3",
                Store = "postgres",
                Concurrency = events,
                Ratio = copy[copy.Count / 2] / unnest[unnest.Count / 2],
                P50Ms = copy[copy.Count / 2],
                P99Ms = copy[copy.Count * 99 / 100],
                BareP50Ms = unnest[unnest.Count / 2],
                Note = $"a transaction of {events} events by COPY, against unnest: times as long",
            });
        }

        return rows;
    }

    private static async Task InsertByUnnest(NpgsqlConnection connection, int events)
    {
        await using var command = new NpgsqlCommand(Unnest, connection);
        var job = NewJob();
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. Enumerable.Repeat(job, events)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. Enumerable.Range(1, events).Select(n => (long)n)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. Enumerable.Repeat(Payload, events)] });
        await command.ExecuteNonQueryAsync();
    }

    private static async Task InsertByCopy(NpgsqlConnection connection, int events)
    {
        var job = NewJob();
        await using var copying = await connection.BeginBinaryImportAsync(Copy);
        for (var n = 1; n <= events; n++)
        {
            await copying.StartRowAsync();
            await copying.WriteAsync(1L, NpgsqlDbType.Bigint);
            await copying.WriteAsync(job, NpgsqlDbType.Uuid);
            await copying.WriteAsync((long)n, NpgsqlDbType.Bigint);
            await copying.WriteAsync(1L, NpgsqlDbType.Bigint);
            await copying.WriteAsync(0L, NpgsqlDbType.Bigint);
            await copying.WriteAsync("step.completed", NpgsqlDbType.Text);
            await copying.WriteAsync(Payload, NpgsqlDbType.Bytea);
        }

        await copying.CompleteAsync();
    }

    private static Guid NewJob()
    {
        Span<byte> unique = stackalloc byte[JobId.RandomBytes];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(unique, Interlocked.Increment(ref _next) << 16);
        return JobId.Create(TimeProvider.System.GetUtcNow(), unique).Value;
    }
}
