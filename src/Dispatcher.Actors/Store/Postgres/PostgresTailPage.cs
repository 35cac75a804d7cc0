using Dispatcher.Jobs;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>What the journal has after a place, as listeners are told of it: each append follows the one before without anything between them.</summary>
/// <param name="next">The place of the last event; where the page began when there is none.</param>
internal sealed class PostgresTailPage(long next)
{
    private readonly Dictionary<JobId, JobAddress> _addresses = [];
    private List<EncodedEvent> _events = [];
    private (JobId Job, long SequenceNr) _last;
    private long _bytes;

    public List<CommittedAppend> Appends { get; } = [];

    public long Next { get; private set; } = next;

    public int Events { get; private set; }

    /// <summary>True when the page has ended for its limits, so that more may be read at once.</summary>
    public bool IsFull { get; private set; }

    /// <summary>True when something was committed after the page that cannot be read yet: an older transaction still runs.</summary>
    public bool IsHeldBack { get; private set; }

    /// <summary>Reads a page. The event that passes the bound on bytes is its last.</summary>
    /// <exception cref="StoreException">It could not be read.</exception>
    public static ValueTask<PostgresTailPage> Read(PostgresDatabase database, long orderingOffset, long after, int limitEvents, long limitBytes) =>
        database.Read(async (_, connection) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(PostgresSql.WalkIndexes));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql(PostgresSql.ReadTail)).Bind(after).Bind((long)limitEvents).Bind(orderingOffset).Bind(limitBytes));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql(PostgresSql.NewestOrdering)));
            var page = new PostgresTailPage(after);
            await using var reader = await batch.ExecuteReaderAsync();
            await reader.NextResultAsync();
            while (await reader.ReadAsync()) page.Add(reader);
            page.IsFull = page.Events >= limitEvents || page._bytes >= limitBytes;
            await reader.NextResultAsync();
            page.IsHeldBack = await reader.ReadAsync() && reader.GetInt64(0) > page.Next && !page.IsFull;
            return page;
        });

    private void Add(NpgsqlDataReader row)
    {
        var (ordering, job, sequenceNr) = (row.GetInt64(0), row.Id(1), row.GetInt64(2));
        if (Events == 0 || _last != (job, sequenceNr - 1) || ordering != Next + 1)
        {
            if (!_addresses.TryGetValue(job, out var address)) _addresses.Add(job, address = row.Address());
            _events = [];
            Appends.Add(new CommittedAppend(job, address, ordering, sequenceNr, _events) { AfterOrdering = Next });
        }

        var payload = row.Bytes(5);
        _events.Add(new EncodedEvent(string.Intern(row.GetString(3)), row.Time(4), payload));
        (Next, _last) = (ordering, (job, sequenceNr));
        Events++;
        _bytes += payload.Length;
    }
}
