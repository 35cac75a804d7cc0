using System.Collections.Immutable;
using System.Data;
using Dispatcher.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Store.Postgres;

/// <summary>The check of a cluster, within one transaction that sees one state. Counts come first; faults are asked for by name only if there are any.</summary>
internal sealed class PostgresClusterCheck(PostgresDatabase database, TimeSpan unansweredAfter, int limit, CancellationToken cancellation)
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly List<ClusterFault> _faults = [];

    public async Task<ClusterCheck> Run(NpgsqlConnection connection)
    {
        await using var state = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        var shards = (int)(await Scalar(connection, PostgresSql.ShardCount))!;
        var (jobs, events, outside, inJournal) = await ExamineJournal(connection, shards);
        await foreach (var fault in Faults(connection, PostgresSql.FaultsOfOwnership, command => command.Add(unansweredAfter.TotalSeconds, NpgsqlDbType.Double)))
        {
            _counts[fault.Problem] = _counts.GetValueOrDefault(fault.Problem) + 1;
            if (_faults.Count < limit) _faults.Add(fault);
        }

        if (inJournal && _faults.Count < limit) await NameFaultsOfJournal(connection, shards);
        var epochs = (long)(await Scalar(connection, PostgresSql.CountEpochs))!;
        return new ClusterCheck(jobs, events, shards, epochs, outside, _counts.ToImmutableSortedDictionary(StringComparer.Ordinal), _faults);
    }

    private async Task<(long Jobs, long Events, long Outside, bool HasFaults)> ExamineJournal(NpgsqlConnection connection, int shards)
    {
        await using var command = Command(connection, PostgresSql.ExamineJournal);
        command.Add(shards);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        Count("sequence-gap", reader.GetInt64(3));
        Count("journal-order", reader.GetInt64(4));
        Count("two-writers", reader.GetInt64(5));
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), _counts.Count > 0);
    }

    private async Task NameFaultsOfJournal(NpgsqlConnection connection, int shards)
    {
        var faults = Faults(connection, PostgresSql.FaultsOfJournal, command =>
        {
            command.Add(shards);
            command.Add(limit - _faults.Count);
        });
        await foreach (var fault in faults) _faults.Add(fault);
    }

    private async IAsyncEnumerable<ClusterFault> Faults(NpgsqlConnection connection, string statement, Action<NpgsqlCommand> bind)
    {
        await using var command = Command(connection, statement);
        bind(command);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            yield return new ClusterFault(
                reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetInt32(1), reader.IsDBNull(2) ? null : new JobId(reader.GetGuid(2)), reader.GetString(3));
        }
    }

    private void Count(string problem, long count)
    {
        if (count > 0) _counts[problem] = count;
    }

    private async Task<object?> Scalar(NpgsqlConnection connection, string statement)
    {
        await using var command = Command(connection, statement);
        return await command.ExecuteScalarAsync(cancellation);
    }

    /// <summary>A long journal takes its time, and nobody waits for it but who asked.</summary>
    private NpgsqlCommand Command(NpgsqlConnection connection, string statement)
    {
        var command = database.Command(connection, statement);
        command.CommandTimeout = 0;
        return command;
    }
}
