namespace Dispatcher.Store.Postgres;

/// <summary>What operators ask of the cluster, and wish of it.</summary>
public sealed partial class PostgresJobStore
{
    public ValueTask<IReadOnlyList<GoneNode>> ReadGone(int limit) => Rows(
        PostgresSql.Gone,
        command =>
        {
            command.Add(limit);
            command.Add(GoneNode.CountLimit);
        },
        static row => new GoneNode(
            row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.Time(5),
            row.IsDBNull(6) ? null : new DateTimeOffset(row.GetDateTime(6)), row.GetInt32(7), row.GetInt32(8), row.GetInt64(9), row.GetInt64(10)));

    public ValueTask<bool> Pin(int shard, long incarnation) => Ask(
        PostgresSql.Pin,
        command =>
        {
            command.Add(shard);
            command.Add(incarnation);
        },
        static value => value is not null);

    public async ValueTask WishRebalance() => await Ask(PostgresSql.WishRebalance, static _ => { }, static _ => true);

    public async ValueTask EndRebalance(long wish) => await Ask(PostgresSql.EndRebalance, command => command.Add(wish), static _ => true);

    /// <inheritdoc/>
    public ValueTask<ClusterCheck> CheckCluster(TimeSpan unansweredAfter, int limit, CancellationToken cancellation) =>
        _database.Read((database, connection) => new PostgresClusterCheck(database, unansweredAfter, limit, cancellation).Run(connection));
}
