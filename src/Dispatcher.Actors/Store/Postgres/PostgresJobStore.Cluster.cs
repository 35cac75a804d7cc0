using Dispatcher.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Store.Postgres;

/// <summary>Membership, shards, the coordinator's term, and commands between nodes. What has to hold together is in functions of the database.</summary>
public sealed partial class PostgresJobStore : IClusterStore
{
    /// <inheritdoc/>
    public IClusterSession BeginSession(IClusterListener listener, TimeSpan interval)
    {
        if (_writer is null) throw ReadOnly();
        return new PostgresSession(_database, Incarnation, listener, interval, _time, _logger);
    }

    public ValueTask<long?> TakeLead() => Ask(PostgresSql.TakeLead, command => command.Add(Incarnation), static value => value as long?);

    public ValueTask<bool> DeclareDead(long incarnation, TimeSpan silentFor, TimeSpan outOfSessionFor) =>
        DeclareDead(incarnation, silentFor, outOfSessionFor, forced: false);

    public ValueTask<bool> DeclareDead(long incarnation) => DeclareDead(incarnation, TimeSpan.Zero, TimeSpan.Zero, forced: true);

    public ValueTask<bool> Assign(long term, IReadOnlyList<ShardMove> moves) => Ask(
        PostgresSql.Assign,
        command =>
        {
            command.Add(Incarnation);
            command.Add(term);
            command.Add(moves.Select(move => move.Shard).ToArray());
            command.Add(moves.Select(move => move.Target).ToArray());
        },
        static value => value is true);

    public ValueTask<IReadOnlyList<OwnedShard>> Acquire() => Rows(
        PostgresSql.Acquire,
        command =>
        {
            command.Add(Incarnation);
            command.Add(_orderingOffset);
        },
        static row => new OwnedShard(row.GetInt32(0), row.GetInt64(1)));

    public async ValueTask Release(IReadOnlyCollection<int> shards) => await Ask(
        PostgresSql.Release,
        command =>
        {
            command.Add(Incarnation);
            command.Add(shards.ToArray());
        },
        static _ => true);

    public ValueTask<bool> Wish(long incarnation, NodeWish wish) => Ask(
        PostgresSql.Wish,
        command =>
        {
            command.Add(incarnation);
            command.Add(wish == NodeWish.None ? "" : wish.ToString().ToLowerInvariant());
        },
        static value => value is not null);

    public async ValueTask Leave() => await Ask(PostgresSql.Leave, command => command.Add(Incarnation), static _ => true);

    public ValueTask<ClusterView> ReadCluster() => Ask(PostgresSql.ReadCluster, static _ => { }, static value => ClusterJson.Read((string)value!));

    /// <exception cref="StoreException">It could not be written, or this node may not write any more.</exception>
    public ValueTask<long> GiveCommand(NewClusterCommand command) => Ask(
        PostgresSql.GiveCommand,
        statement =>
        {
            statement.Add(ShardSet.ShardOf(command.Job, ShardCount));
            statement.Add(command.Job);
            statement.Add(Incarnation);
            statement.Add(command.Kind);
            statement.Add(command.Payload);
        },
        static value => value is long id ? id : throw new StoreException("This node has lost its right to write; ask another one."),
        mayRepeat: false);

    public ValueTask<IReadOnlyList<ClusterCommand>> ReadCommands(ShardSet shards, int limit) => Rows(
        PostgresSql.ReadCommands,
        command =>
        {
            command.Add(shards.Shards.ToArray());
            command.Add(limit);
        },
        static row => new ClusterCommand(row.GetInt64(0), new JobId(row.GetGuid(1)), row.GetInt64(2), row.GetString(3), row.GetFieldValue<byte[]>(4)));

    public async ValueTask AnswerCommand(CommandAnswer answer) => await Write(async (database, connection) =>
    {
        await using var command = database.Command(connection, PostgresSql.AnswerCommand);
        command.Add(answer.Command);
        command.Add(answer.Answer);
        return await command.ExecuteNonQueryAsync();
    });

    public ValueTask<IReadOnlyList<CommandAnswer>> TakeAnswers() => Rows(
        PostgresSql.TakeAnswers, command => command.Add(Incarnation), static row => new CommandAnswer(row.GetInt64(0), row.GetFieldValue<byte[]>(1)));

    public ValueTask<IReadOnlyList<JobId>> ReadLateMail(int limit) => Rows(PostgresSql.LateMail, command => command.Add(limit), static row => new JobId(row.GetGuid(0)));

    public async ValueTask Upkeep()
    {
        await Ask(PostgresSql.SweepCommands, static _ => { }, static _ => true);
        await MakePartitions();
    }

    public void Hint(ClusterHint hint) => _hints?.Send(hint);

    private ValueTask<bool> DeclareDead(long incarnation, TimeSpan silentFor, TimeSpan outOfSessionFor, bool forced) => Ask(
        PostgresSql.DeclareDead,
        command =>
        {
            command.Add(incarnation);
            command.Add(silentFor.TotalSeconds, NpgsqlDbType.Double);
            command.Add(outOfSessionFor.TotalSeconds, NpgsqlDbType.Double);
            command.Add(forced, NpgsqlDbType.Boolean);
        },
        static value => value is true);

    private ValueTask<TResult> Ask<TResult>(string statement, Action<NpgsqlCommand> bind, Func<object?, TResult> read, bool mayRepeat = true) =>
        _database.Read(
            async (database, connection) =>
            {
                await using var command = database.Command(connection, statement);
                bind(command);
                var value = await command.ExecuteScalarAsync();
                return read(value is DBNull ? null : value);
            },
            mayRepeat);

    private ValueTask<IReadOnlyList<TRow>> Rows<TRow>(string statement, Action<NpgsqlCommand> bind, Func<NpgsqlDataReader, TRow> read) =>
        _database.Read<IReadOnlyList<TRow>>(async (database, connection) =>
        {
            await using var command = database.Command(connection, statement);
            bind(command);
            await using var reader = await command.ExecuteReaderAsync();
            var rows = new List<TRow>();
            while (await reader.ReadAsync()) rows.Add(read(reader));
            return rows;
        });
}
