using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>Messages and watches.</summary>
internal sealed partial class SqliteReader
{
    public IReadOnlyList<InboxMessage> ReadInbox(JobId id)
    {
        var statement = database.Statement(SqliteSql.ReadInbox);
        statement.Bind(1, id);
        List<InboxMessage>? messages = null;
        while (statement.Step())
        {
            messages ??= [];
            messages.Add(new InboxMessage(
                statement.Int64(0),
                id,
                statement.Id(1),
                statement.Text(2),
                StoredText.Status<JobStatus>(statement.Text(3)),
                statement.Bytes(4).ToArray()));
        }

        statement.Reset();
        return messages ?? (IReadOnlyList<InboxMessage>)[];
    }

    public List<WatchEdge> ReadWatches(JobId id, int limit)
    {
        using var state = OneState();
        var edges = new List<WatchEdge>();
        ReadWatches(SqliteSql.WatchesOfWatched, id, limit, edges);
        ReadWatches(SqliteSql.WatchesOfWatcher, id, limit, edges);
        return edges;
    }

    private void ReadWatches(string sql, JobId id, int limit, List<WatchEdge> edges)
    {
        var statement = database.Statement(sql);
        statement.Bind(1, id);
        statement.Bind(2, limit - edges.Count);
        while (statement.Step()) edges.Add(new WatchEdge(statement.Id(0), statement.Id(1), statement.Text(2)));
        statement.Reset();
    }
}
